/// What a promotion wants done. Where order matters the order is inside one command.
public enum Command: Sendable, Hashable, Codable {
  /// Read the whole fleet and hold it against the plan.
  case preflight
  /// Bring the new release's slice to a host whose turn has not come, and link nothing: what would
  /// stop that host is found before any share rises.
  case prepare(HostName)
  /// Place the new release's slice on a host, at no share.
  case place(HostName)
  indirect case swing(SwingOrder)
  /// Set share, pin epoch and generation, and read them back.
  case apply(Weights)
  /// Let the turns of a host that outlived its share end for so long, then end its open connections.
  /// The time counts from the order's intent.
  case evict(HostName, afterMilliseconds: Int64)
  /// After a while, say what the evidence of a generation and the probes come to.
  case assess(generation: Int64, afterMilliseconds: Int64)
  /// Read weights, links and probes back and hold them against the snapshot.
  case verify
  case wait(milliseconds: Int64)
  /// Archive the fleet, as it stands, as last good.
  case archive
  case conclude(Conclusion)

  /// What is done, without the details.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    case preflight, prepare, place, swing, apply, evict, assess, verify, wait, archive, conclude
  }

  public var kind: Kind {
    switch self {
    case .preflight: .preflight
    case .prepare: .prepare
    case .place: .place
    case .swing: .swing
    case .apply: .apply
    case .evict: .evict
    case .assess: .assess
    case .verify: .verify
    case .wait: .wait
    case .archive: .archive
    case .conclude: .conclude
    }
  }

  /// Whether it changes something outside: its intent must be durable first.
  public var moves: Bool {
    switch self {
    case .prepare, .place, .swing, .apply, .evict, .archive: true
    case .preflight, .assess, .verify, .wait, .conclude: false
    }
  }

  /// Milliseconds between two looks whether the last turn of a host has ended.
  public static let evictionLook: Int64 = 200

  /// The host that it occupies while it runs.
  public var host: HostName? {
    switch self {
    case .prepare(let host), .place(let host), .evict(let host, _): host
    case .swing(let order): order.host
    default: nil
    }
  }
}

/// Take out of the balancer, swing, prove, give back.
public struct SwingOrder: Sendable, Hashable, Codable {
  public var host: HostName
  public var release: Release
  public var next: String?
  /// Nil when OpenClaw's state stays as it is.
  public var state: StateMove?
  /// How long running turns may end by themselves, then they are cut; nil: as the fleet's policy says.
  public var drainMilliseconds: Int64?

  public init(
    host: HostName, release: Release, next: String?, state: StateMove? = nil,
    drainMilliseconds: Int64? = nil
  ) {
    self.host = host
    self.release = release
    self.next = next
    self.state = state
    self.drainMilliseconds = drainMilliseconds
  }

  /// The fleet's policy as this swing has it.
  public func policy(_ policy: SwingPolicy) -> SwingPolicy {
    guard let drainMilliseconds else { return policy }
    var own = policy
    own.drainMilliseconds = min(policy.drainMilliseconds, drainMilliseconds)
    own.atDrainDeadline = .cut
    return own
  }
}

/// A command with the id of its one execution.
public struct Order: Sendable, Hashable, Codable {
  public var id: OperationID
  public var command: Command

  public init(id: OperationID, command: Command) {
    self.id = id
    self.command = command
  }
}

/// How a promotion ended. There is exactly one, and nothing comes after it.
public enum Conclusion: Sendable, Hashable, Codable {
  case completed
  /// Nothing was moved.
  case refused(reasons: [String])
  /// Given up by a person before anything was moved.
  case aborted(by: String)
  /// Both levers read back equal to the snapshot on every host.
  case rolledBack(RollbackCause)
}
