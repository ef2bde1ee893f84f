import SluiceCore
import SluiceHTTP
import SluiceSystem

/// One client with an open WebSocket: a conversation of several turns. When the gateway says that
/// it restarts, or the socket goes between two turns, the client connects again and goes on.
struct WebSocketSession: Sendable {
  private enum Outcome: Sendable {
    case answered(Reply)
    case releaseError
    /// The gateway or the balancer says to come back.
    case wait
    case lost(String)
    /// By this close code, in the middle of a turn.
    case cut(UInt16)
    case cancelled
  }

  let number: Int
  let options: LoadOptions
  let tally: LoadTally

  private var conversation = Conversation()
  private var socket: WebSocketClient?
  private var requests = 0
  /// Nil when the balancer knows it by its session key.
  private var cookies: CookieJar?
  /// Of the socket, by what the balancer said.
  private var arm: Arm?

  init(number: Int, options: LoadOptions, tally: LoadTally, hasCookies: Bool = false) {
    self.number = number
    self.options = options
    self.tally = tally
    cookies = hasCookies ? CookieJar() : nil
  }

  private var key: String { "rehearsal-ws-\(options.seed)-\(number)" }

  mutating func run() async {
    tally.sessionBegan(webSocket: true)
    for turn in 1...options.turns {
      if turn > 1 {
        let pause = Duration.milliseconds(options.thinkMilliseconds)
        guard (try? await SystemClock.sleep(for: pause)) != nil, !tally.isStopping else { break }
      }
      tally.turnSent()
      let isFirst = !conversation.isAnswered
      switch await takeTurn() {
      case .answered(let reply, _, let isContextLost):
        if isContextLost { tally.contextLost() }
        tally.replied(release: reply.release, arm: nil, isFirst: isFirst)
        continue
      case .releaseError:
        tally.failed(arm: nil, isFirst: false)
        continue
      case .lost(let reason, let isCut): tally.lost(reason, isCut: isCut)
      case .cancelled: break
      }
      break
    }
    await close()
  }

  func close() async { await socket?.close() }

  mutating func takeTurn() async -> TurnEnd {
    let deadline = SystemClock.monotonicMilliseconds() + options.patienceMilliseconds
    while true {
      switch await exchange() {
      case .answered(let reply):
        return .answered(reply, arm, isContextLost: conversation.take(reply))
      case .releaseError:
        conversation.noteError()
        return .releaseError(arm)
      case .wait:
        tally.waited()
        guard SystemClock.monotonicMilliseconds() < deadline else {
          return .lost(
            "told to wait for longer than \(options.patienceMilliseconds / 1_000) s", isCut: false)
        }
        guard (try? await SystemClock.sleep(for: .seconds(1))) != nil, !tally.isStopping else {
          return .cancelled
        }
      case .lost(let reason): return .lost("WebSocket: \(reason)", isCut: false)
      case .cut(let code): return .lost("WebSocket: cut in a turn (\(code))", isCut: true)
      case .cancelled: return .cancelled
      }
    }
  }

  private mutating func exchange() async -> Outcome {
    do throws(WebSocketError) {
      // One that closed while the client was thinking: a new one goes on with the conversation.
      for isLast in [socket == nil, true] {
        let open: WebSocketClient
        if let socket { open = socket } else { open = try await connect() }
        socket = open
        requests += 1
        let id = "\(key)-\(requests)"
        do throws(WebSocketError) {
          try await open.send(
            text: GatewayFrame.chatSend(id: id, key: key, question: LoadOptions.question))
          if let outcome = try await answer(to: id, on: open) { return outcome }
        } catch {
          guard error.kind == .closed, !isLast else { throw error }
        }
        socket = nil
        if isLast { return .wait }
      }
      return .wait
    } catch {
      socket = nil
      switch error.kind {
      case .cancelled: return .cancelled
      case .rejected where error.status == 503: return .wait
      default: return .lost(error.message)
      }
    }
  }

  /// Nil when the socket closed before the turn was taken: nothing was begun.
  private func answer(
    to id: String, on open: WebSocketClient
  ) async throws(WebSocketError) -> Outcome? {
    var isTaken = false
    while true {
      switch try await open.receive() {
      case .closed(let code, _):
        tally.socketClosed(code)
        return isTaken ? .cut(code) : nil
      case .binary: continue
      case .text(let text):
        guard let frame = GatewayFrame.read(text) else { continue }
        if frame.id == id {
          if frame.ok == true { isTaken = true }
          if let fault = frame.error {
            return fault.code == "UNAVAILABLE" ? .wait : .lost(fault.message)
          }
        }
        guard frame.event == "chat", let payload = frame.payload, payload.runId == id else {
          continue
        }
        if payload.state == "error" { return .releaseError }
        guard payload.state == "final" else { continue }
        let said = payload.message?.content.first?.text ?? ""
        return Reply(text: said).map { .answered($0) } ?? .lost("an answer without a turn")
      }
    }
  }

  /// Opens and shakes hands as OpenClaw's own clients do: challenge, `connect`, hello.
  private mutating func connect() async throws(WebSocketError) -> WebSocketClient {
    let url = "ws://\(options.target)/"
    var headers = HTTPHeaders()
    if cookies == nil { headers.add("x-openclaw-session-key", key) }
    if let line = cookies?.line { headers.add("Cookie", line) }
    let open = try await WebSocketClient.connect(url, headers: headers)
    cookies?.keep(open.headers)
    arm = open.headers["X-Sluice-Arm"].flatMap(Arm.init)
    requests += 1
    let id = "\(key)-\(requests)"
    while true {
      switch try await open.receive() {
      case .closed:
        throw WebSocketError(.rejected, "closed in the handshake", url: url, status: 503)
      case .binary: continue
      case .text(let text):
        guard let frame = GatewayFrame.read(text) else { continue }
        if frame.event == "connect.challenge" {
          try await open.send(text: GatewayFrame.connect(id: id, token: options.token))
        } else if frame.id == id {
          if frame.ok == true { return open }
          let isWait = frame.error?.code == "UNAVAILABLE"
          throw WebSocketError(
            .rejected, frame.error?.message ?? "no hello", url: url, status: isWait ? 503 : nil)
        }
      }
    }
  }
}
