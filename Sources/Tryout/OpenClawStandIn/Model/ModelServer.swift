import Dispatch
import SluiceHTTP
import SluiceSystem
import Synchronization

/// The model behind real gateways in a rehearsal: OpenAI's chat completions, streamed or whole.
///
/// The model says which release asked, and takes its latency and error rate from that release's
/// `quality.json`. So a bad pack makes the sessions of a real gateway bad. A failed answer ends
/// before its first word, like the answer of a model that has nothing to say. A real gateway then
/// tries once more and answers 500 within seconds, whereas it retries a provider's 5xx for over a
/// minute (measured, 2026.9.6).
public final class ModelServer: Sendable {
  /// The results of the turns that the model was asked for.
  struct Counts: Sendable, Equatable {
    var answered = 0
    /// Attempts; a gateway makes at least two for a turn.
    var failed = 0
  }

  private let packs: String
  private let log: @Sendable (String) -> Void
  private let loop = DispatchQueue(label: "openclaw-standin.model")
  private let counts = Mutex(Counts())

  /// - Parameters:
  ///   - packs: a directory; only packs below it are read.
  ///   - log: gets whole lines.
  public init(packs: String, log: @escaping @Sendable (String) -> Void) {
    self.packs = packs
    self.log = log
  }

  /// Serves until the server that it returns is stopped.
  public func start(port: UInt16) throws(HTTPError) -> HTTPServer {
    let options = HTTPServer.Options(
      maximumBodyBytes: 32 << 20, connectionLimit: 512, idleTimeoutSeconds: 300)
    return try HTTPServer.start(.tcp(host: "127.0.0.1", port: port), options: options) {
      request, responder in self.answer(request, responder)
    }
  }

  private func answer(_ request: HTTPRequest, _ responder: HTTPResponder) {
    switch (request.method, request.path) {
    case ("GET", "/v1/models"):
      responder.respond(
        Answers.json(["object": "list", "data": [["id": "m1", "object": "model"]]]))
    case ("GET", "/counts"):
      let now = counts.withLock { $0 }
      responder.respond(
        Answers.json(["answered": .int(now.answered), "failed": .int(now.failed)]))
    case ("POST", "/v1/chat/completions"):
      guard let prompt = ModelPrompt(request.body) else {
        return responder.respond(Answers.invalidRequest("Invalid JSON body"))
      }
      complete(prompt, responder)
    default: responder.respond(Answers.notFound)
    }
  }

  private func complete(_ prompt: ModelPrompt, _ responder: HTTPResponder) {
    let quality = quality(of: prompt)
    // A conversation that fails does so however often it is tried.
    var generator = SplitMix64(seed: prompt.conversation)
    let fails = !prompt.isWarmUp && generator.unit() < quality.errorRate
    for _ in 0..<prompt.turn { _ = generator.next() }
    let usual =
      prompt.isWarmUp ? 0 : generator.logNormal(median: quality.median, sigma: quality.sigma)
    let latency = max(usual, Double(min(prompt.askedSeconds, 600)) * 1_000)
    counts.withLock { counts in
      if fails { counts.failed += 1 } else { counts.answered += 1 }
    }
    let text =
      prompt.isWarmUp
      ? "ready" : "turn \(prompt.turn) of this conversation, release \(prompt.release)"
    log("\(fails ? "fails at " : "")\(text), \(Int(latency)) ms\n")
    let reply = ChatReply(
      id: "chatcmpl_\(Identifier.random())", created: SystemClock.wallMilliseconds() / 1000,
      model: "m1", text: fails ? "" : text)
    loop.asyncAfter(deadline: .now() + .milliseconds(Int(min(latency, 600_000)))) {
      responder.respond(prompt.streams ? (fails ? .emptyStream : reply.stream) : reply.whole)
    }
  }

  /// Of the release that the prompt lists; without a pack, or with one elsewhere, the best.
  private func quality(of prompt: ModelPrompt) -> Quality {
    var perfect = Quality()
    perfect.median = 0
    // The link may lead elsewhere by now: the slice beside it is the one that was loaded.
    guard let root = prompt.root, root.hasPrefix("\(packs)/"),
      !root.split(separator: "/").contains("..")
    else { return perfect }
    let store = "/" + root.split(separator: "/").dropLast().joined(separator: "/")
    do throws(QualityError) {
      return try Quality.read("\(store)/\(prompt.release)/quality.json")
    } catch {
      log("quality.json of \(prompt.release): \(error.reason)\n")
      return perfect
    }
  }
}

extension HTTPResponse {
  /// A model that says nothing: the stream ends before its first word.
  fileprivate static let emptyStream = HTTPResponse(
    status: 200, headers: ["Content-Type": "text/event-stream; charset=utf-8"],
    body: Array("data: [DONE]\n\n".utf8))
}
