import SluiceHTTP
import SluiceSystem

/// Clients of a fleet: new sessions at a rate that does not depend on the speed of the answers
/// (open loop), conversations among them, and a few WebSockets. Counts the clients' view.
public final class Load: Sendable {
  public let options: LoadOptions
  private let tally: LoadTally
  private let residents: Residents

  public init(_ options: LoadOptions) {
    self.options = options
    tally = LoadTally()
    residents = Residents(options: options, tally: tally)
  }

  /// An act begins: returns when the conversations that shall live through it have begun.
  public func beginAct() async { await residents.beginAct() }

  /// An act has ended: every conversation that lived through it takes one more turn.
  public func endAct() async -> ConversationCount { await residents.endAct() }

  /// The view up to now, during the load and afterwards.
  public var snapshot: LoadSnapshot { tally.snapshot }

  /// Runs until `stop`, then until the sessions that are under way have their answers; cancelling
  /// ends it at once. Once only.
  public func run() async {
    let client = HTTPClient()
    defer { client.shutdown() }
    await withDiscardingTaskGroup { group in
      for index in 0..<options.webSockets {
        group.addTask { await self.keepWebSocket(index) }
      }
      residents.live(client, in: &group)
      await arrive(&group, client)
    }
  }

  /// No new session from now on.
  public func stop() { tally.stop() }

  /// Arrivals are due at moments of their own: a late one is made up for.
  private func arrive(_ group: inout DiscardingTaskGroup, _ client: HTTPClient) async {
    var generator = SplitMix64(seed: options.seed)
    let mean = 1e9 / max(options.sessionsPerSecond, 0.001)
    var due = Double(SystemClock.monotonicNanoseconds())
    var number = 0
    while !tally.isStopping, !Task.isCancelled {
      due += Double.random(in: 0...(2 * mean), using: &generator)
      let wait = Int64(due - Double(SystemClock.monotonicNanoseconds()))
      if wait > 0, (try? await SystemClock.sleep(for: .nanoseconds(wait))) == nil { return }
      while tally.turnsUnderWay >= options.mostAtOnce, !tally.isStopping {
        guard (try? await SystemClock.sleep(for: .milliseconds(20))) != nil else { return }
        // The load does not replace clients that waited at the balancer.
        due = Double(SystemClock.monotonicNanoseconds())
      }
      number += 1
      var session = HTTPSession(
        number: number, kind: kind(&generator), options: options, client: client, tally: tally)
      group.addTask { await session.run() }
    }
  }

  private func kind(_ generator: inout SplitMix64) -> HTTPSession.Kind {
    let draw = Int.random(in: 0..<100, using: &generator)
    if draw < options.keyedPercent { return .keyed }
    return draw < options.keyedPercent + options.cookiePercent ? .cookie : .single
  }

  private func keepWebSocket(_ index: Int) async {
    var number = index
    while !tally.isStopping, !Task.isCancelled {
      var session = WebSocketSession(number: number, options: options, tally: tally)
      await session.run()
      number += options.webSockets
      // One that is refused at once must not turn into a storm.
      guard (try? await SystemClock.sleep(for: .milliseconds(200))) != nil else { return }
    }
  }
}
