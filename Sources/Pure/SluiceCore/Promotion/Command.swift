/// The content of an order. If a sequence matters, it is inside one command.
public enum Command: Sendable, Hashable, Codable {
  /// Read the whole fleet and compare it with the plan.
  case preflight
  /// Place the new release's slice on a host whose turn comes later, without a link. A fault that
  /// would stop that host appears before any share rises.
  case prepare(HostName)
  /// Place the new release's slice on a host at share 0.
  case place(HostName)
  indirect case swing(SwingOrder)
  /// Set the weights, and read them back.
  case apply(Weights)
  /// Let the remaining turns on a host end for `afterMilliseconds`, counted from the order's
  /// intent; then end the open connections.
  case evict(HostName, afterMilliseconds: Int64)
  /// Take the dead man of a host back, before the host gets a share.
  case disarm(HostName)
  /// After a while, assess the evidence of a generation and the probes.
  case assess(generation: Int64, afterMilliseconds: Int64)
  /// Read weights, links and probes back and compare them with the snapshot.
  case verify
  case wait(milliseconds: Int64)
  /// Archive the fleet's present state as last good.
  case archive
  case conclude(Conclusion)

  /// The command's kind, without details.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    case preflight, prepare, place, swing, apply, evict, disarm, assess, verify, wait, archive,
      conclude
  }

  public var kind: Kind {
    switch self {
    case .preflight: .preflight
    case .prepare: .prepare
    case .place: .place
    case .swing: .swing
    case .apply: .apply
    case .evict: .evict
    case .disarm: .disarm
    case .assess: .assess
    case .verify: .verify
    case .wait: .wait
    case .archive: .archive
    case .conclude: .conclude
    }
  }

  /// Whether the command changes anything outside. If so, its intent must be durable first.
  public var moves: Bool {
    switch self {
    case .prepare, .place, .swing, .apply, .evict, .disarm, .archive: true
    case .preflight, .assess, .verify, .wait, .conclude: false
    }
  }

  /// Milliseconds between two looks for open turns on a host.
  public static let evictionLook: Int64 = 200

  /// The host that the command occupies while it runs.
  public var host: HostName? {
    switch self {
    case .prepare(let host), .place(let host), .evict(let host, _), .disarm(let host): host
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
  /// Nil if OpenClaw's state stays as it is.
  public var state: StateMove?
  /// How long running turns may take to end before they are cut; nil: as in the fleet's policy.
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

  /// The fleet's policy with this order's changes.
  public func policy(_ policy: SwingPolicy) -> SwingPolicy {
    guard let drainMilliseconds else { return policy }
    var own = policy
    own.drainMilliseconds = min(policy.drainMilliseconds, drainMilliseconds)
    own.atDrainDeadline = .cut
    return own
  }
}

/// A command with the id of its single execution.
public struct Order: Sendable, Hashable, Codable {
  public var id: OperationID
  public var command: Command

  public init(id: OperationID, command: Command) {
    self.id = id
    self.command = command
  }
}

/// How a promotion ended. A promotion has exactly one conclusion, its last line.
public enum Conclusion: Sendable, Hashable, Codable {
  case completed
  /// Nothing was moved.
  case refused(reasons: [String])
  /// A person aborted the promotion before anything moved.
  case aborted(by: String)
  /// Weights and links were read back equal to the snapshot on every host.
  case rolledBack(RollbackCause)
  /// A drill ended well: the same was read back, so many milliseconds after the rollback began. Nil:
  /// the writer's machine restarted meanwhile.
  case drilled(recoveryMilliseconds: Int64?)
}
