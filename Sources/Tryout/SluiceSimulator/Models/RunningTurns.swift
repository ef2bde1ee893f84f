import SluiceCore

/// Turns that take time: each is an open connection of its gateway until it ends.
struct RunningTurns: Sendable {
  struct Turn: Sendable {
    var host: HostName
    var endsAt: Int64
  }

  /// A turn that Sluice ended.
  struct Cut: Sendable {
    enum By: Sendable, Hashable {
      case eviction
      /// The restart of this swing.
      case swing(OperationID)
    }

    var host: HostName
    var by: By
    /// By the writer's clock.
    var at: Moment
    /// Lines of the ledger by then.
    var lines: Int
  }

  private(set) var turns: [Turn] = []
  private(set) var cuts: [Cut] = []
  private(set) var nextEnd = Int64.max

  mutating func begin(on host: HostName, endsAt: Int64) {
    turns.append(Turn(host: host, endsAt: endsAt))
    nextEnd = min(nextEnd, endsAt)
  }

  /// The hosts of those that have ended by themselves, once for each.
  mutating func end(by now: Int64) -> [HostName] {
    guard nextEnd <= now else { return [] }
    let ended = turns.filter { $0.endsAt <= now }.map(\.host)
    turns.removeAll { $0.endsAt <= now }
    lookAhead()
    return ended
  }

  func lastEnd(on host: HostName) -> Int64 {
    turns.reduce(0) { $1.host == host ? max($0, $1.endsAt) : $0 }
  }

  /// Those of a host are gone.
  /// - Parameter cut: how, where Sluice did it.
  mutating func clear(_ host: HostName, cut: Cut? = nil) {
    let count = turns.count
    turns.removeAll { $0.host == host }
    guard turns.count < count else { return }
    lookAhead()
    if let cut { cuts.append(cut) }
  }

  mutating func clearAll() {
    turns = []
    nextEnd = .max
  }

  private mutating func lookAhead() { nextEnd = turns.map(\.endsAt).min() ?? .max }
}
