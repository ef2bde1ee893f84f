import SluiceHTTP
import SluiceSystem
import Synchronization

/// A client without knowledge of Sluice: a fixed number of requests a second whatever their answers
/// (open loop), each on a connection of its own, none sent again.
public final class SteadyClient: Sendable {
  private let request: HTTPRequest
  private let interval: Double
  /// When no more was to be sent, milliseconds.
  private let stopped = Mutex<Int64?>(nil)
  private let requests = Mutex<[SteadyRequest]>([])

  /// - Parameters:
  ///   - target: `host:port`.
  ///   - rate: requests a second.
  ///   - patience: how long an answer may take.
  public init(
    target: String, token: String, rate: Double, patience: Duration = .seconds(10)
  ) {
    request = Self.question(target: target, token: token, patience: patience)
    interval = 1e9 / max(rate, 0.001)
  }

  /// A session's first turn.
  static func question(target: String, token: String, patience: Duration) -> HTTPRequest {
    let body =
      #"{"model":"openclaw","messages":[{"role":"user","content":"\#(LoadOptions.question)"}]}"#
    return HTTPRequest(
      "POST", "http://\(target)/v1/chat/completions",
      headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
      body: Array(body.utf8), deadline: patience, freshConnection: true)
  }

  /// Runs until `stop`, then until every request has its answer or none. Once only.
  public func run() async -> SteadyReport {
    let client = HTTPClient()
    defer { client.shutdown() }
    let began = Int64(clamping: SystemClock.monotonicNanoseconds())
    await withDiscardingTaskGroup { group in
      var number = 0.0
      while stopped.withLock({ $0 }) == nil, !Task.isCancelled {
        let due = began + Int64(number * interval)
        number += 1
        let wait = due - Int64(clamping: SystemClock.monotonicNanoseconds())
        if wait > 0, (try? await SystemClock.sleep(for: .nanoseconds(wait))) == nil { break }
        group.addTask { await self.ask(client) }
      }
    }
    return SteadyReport(
      requests.withLock { $0 }, from: began / 1_000_000,
      to: stopped.withLock { $0 } ?? SystemClock.monotonicMilliseconds())
  }

  /// How many requests have their answer, or none.
  var ended: Int { requests.withLock { $0.count } }

  /// No request from now on.
  public func stop() { stopped.withLock { $0 = $0 ?? SystemClock.monotonicMilliseconds() } }

  private func ask(_ client: HTTPClient) async {
    let began = SystemClock.monotonicMilliseconds()
    let outcome: SteadyRequest.Outcome
    do {
      outcome = .of(try await client.send(request))
    } catch {
      guard error.kind != .cancelled else { return }
      outcome = .lost(.of(error))
    }
    let ended = SystemClock.monotonicMilliseconds()
    requests.withLock {
      $0.append(SteadyRequest(began: began, ended: ended, outcome: outcome))
    }
  }
}
