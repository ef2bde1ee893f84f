import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem

/// The first session after a start is slow (3 to 20 s): it shall be Sluice's own.
extension OpenClawGateway {
  private static let retryInterval = Duration.milliseconds(250)
  private static let failuresAllowed = 3
  private static let message = "Sluice warms this gateway up. Answer with the word: ready"

  /// Of a run; `delta` and `status` come before.
  private static let ends: Set = ["final", "error", "aborted"]

  private struct ChatRequest: Encodable {
    struct Message: Encodable {
      let role: String
      let content: String
    }
    let model: String
    let messages: [Message]
  }

  private struct ChatAnswer: Decodable {
    struct Choice: Decodable {
      struct Message: Decodable {
        let content: String
      }
      let message: Message
    }
    let choices: [Choice]
  }

  private struct ChatFault: Decodable {
    struct Fault: Decodable {
      let message: String?
      let type: String?
    }
    let error: Fault
  }

  private enum Attempt {
    case done(Int64)
    /// Not now: it is starting, or its connection broke.
    case later(String)
    /// The gateway answered with an error of its own.
    case failed(PortError)
    /// The HTTP interface for sessions is off, as OpenClaw has it unless it is told otherwise.
    case noInterface(String)
  }

  /// As sessions come through a balancer, `POST /v1/chat/completions`; over the gateway's protocol
  /// where that is switched off and was switched off before. Tries again while the gateway starts.
  /// A session that fails says little: whether too many do is the judge's business. Three in a row
  /// say that none is served.
  public func warmUp(over way: SessionWay?, deadline: Duration) async throws(PortError) -> Int64 {
    let begun = time.now()
    var reason = "it did not start"
    var failures = 0
    while true {
      let left = deadline.wholeMilliseconds - milliseconds(since: begun)
      guard left > 0 else {
        throw warmUpError(
          .failed, "not within \(deadline.wholeMilliseconds) ms: \(reason)",
          remedy: "See the gateway's log, and whether its model provider answers.")
      }
      switch try await attempt(within: .milliseconds(left)) {
      case .done(let duration): return duration
      case .later(let why): reason = why
      case .failed(let fault):
        failures += 1
        guard failures < Self.failuresAllowed else { throw fault }
      case .noInterface(let came):
        guard way != .http else { throw switchedOff(came) }
        return try await warmUpByProtocol(within: .milliseconds(left))
      }
      try await pause(min(Self.retryInterval, .milliseconds(left)), "no session was served")
    }
  }

  private func attempt(within limit: Duration) async throws(PortError) -> Attempt {
    let token = try GatewayToken(file: spec.tokenFile)
    switch await listener.fault() {
    case nil: break
    case .nobody(let text): return .later(text)
    case .stranger(let text): throw warmUpError(.refused, text, remedy: Self.strangerRemedy)
    }
    let request = ChatRequest(
      model: "openclaw", messages: [.init(role: "user", content: Self.message)])
    guard let body = JSONText.encode(request) else {
      throw warmUpError(.failed, "the request cannot be written as JSON")
    }
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try await client.send(
        HTTPRequest(
          "POST", "http://\(address)/v1/chat/completions",
          headers: [
            "Authorization": token.authorization, "Content-Type": "application/json",
            "X-OpenClaw-Session-Key": Self.warmUpSessionKey,
          ], body: Array(body.utf8), deadline: limit, connectDeadline: deadlines.probe,
          responseLimit: 1 << 20))
    } catch {
      switch error.kind {
      case .refused, .closed, .timedOut: return .later(error.message.shown)
      case .cancelled: throw warmUpError(.unknown, "cancelled")
      default: throw warmUpError(.failed, token.removed(from: error.message).shown)
      }
    }
    return try verdict(on: response, token)
  }

  private func verdict(
    on response: HTTPResponse, _ token: GatewayToken
  ) throws(PortError) -> Attempt {
    let answer = JSONText.decode(ChatAnswer.self, response.body)
    if response.status == 200, answer?.choices.first?.message.content.isEmpty == false {
      return .done(response.duration.wholeMilliseconds)
    }
    let fault = JSONText.decode(ChatFault.self, response.body)?.error
    let reason = token.removed(
      from: fault?.message ?? fault?.type ?? "status \(response.status)"
    ).shown
    switch response.status {
    case 503: return .later(reason)
    case 404, 405: return .noInterface("status \(response.status)")
    case 200 where answer == nil && Self.kind(of: response) == "text/html":
      return .noInterface("a page, status 200")
    case 401:
      throw warmUpError(
        .refused, "it does not accept the token",
        remedy:
          "Write the value of its gateway.auth.token into the file that openclaw.token_file names.")
    case 403:
      throw warmUpError(
        .refused, reason, remedy: "Reach the gateway directly, on loopback, with its own token.")
    default:
      return .failed(
        warmUpError(
          .failed, "status \(response.status), \(reason)",
          remedy: "See the gateway's log, and whether its model provider answers."))
    }
  }

  /// Clients came over HTTP to the release before: to them this one is down, whatever it does over
  /// its protocol.
  private func switchedOff(_ came: String) -> PortError {
    warmUpError(
      .failed,
      "POST /v1/chat/completions answers \(came), and the release that served before had it on",
      remedy: "Set gateway.http.endpoints.chatCompletions.enabled to true in the openclaw.json of "
        + "this gateway. If no client needs it any more, switch it off on the release that serves, "
        + "restart that, and plan anew.")
  }

  private func warmUpError(
    _ kind: PortError.Kind, _ reason: String, remedy: String? = nil
  ) -> PortError {
    PortError(
      kind, "the gateway at \(address) did not serve a session of Sluice's own: \(reason)",
      remedy: remedy)
  }

  // MARK: Over the protocol

  private func warmUpByProtocol(within limit: Duration) async throws(PortError) -> Int64 {
    let begun = time.now()
    let message = Frames.ChatMessage(
      sessionKey: Self.warmUpSessionKey, message: Self.message,
      idempotencyKey: "sluice-\(Randomness.hexadecimal(bytes: 8))")
    let state = try await converse(to: "serve a session of Sluice's own", with: [.chatSend]) {
      (conversation) throws(ConversationFailure) in
      let run = try await conversation.call(.chatSend, message, as: Frames.ChatStarted.self)
      return try await conversation.event("chat", as: Frames.ChatProgress.self, within: limit) {
        $0.runId == run.runId && Self.ends.contains($0.state ?? "")
      }.state
    }
    guard state == "final" else {
      throw warmUpError(
        .failed, "the run ended as \((state ?? "unknown").shown)",
        remedy: "See the gateway's log, and whether its model provider answers.")
    }
    return milliseconds(since: begun)
  }
}
