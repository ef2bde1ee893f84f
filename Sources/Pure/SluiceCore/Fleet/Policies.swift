/// How a gateway is moved from one release to another.
public struct SwingPolicy: Sendable, Hashable, Codable {
  public enum Restart: String, Sendable, Hashable, Codable, CaseIterable {
    case always
    case ifNeeded = "if-needed"
    case never
  }
  public enum RestartBy: String, Sendable, Hashable, Codable, CaseIterable {
    case service, gateway
  }
  public enum AtDrainDeadline: String, Sendable, Hashable, Codable, CaseIterable {
    /// Go on and count what was cut.
    case cut
    /// Resume the gateway and give up the swing.
    case back
  }

  public var restart: Restart
  public var restartBy: RestartBy
  /// How long running work may end by itself.
  public var drainMilliseconds: Int64
  public var atDrainDeadline: AtDrainDeadline
  /// How long a gateway may take from its start to the end of its warm-up session.
  public var startMilliseconds: Int64
  /// How long turns on the canary may go on when a promotion goes back; nil: the usual.
  public var rollbackDrainMilliseconds: Int64?

  /// Most turns end in it, and nobody is kept on a bad release for long (decision 022).
  public static let usualRollbackDrain: Int64 = 5_000

  public var rollbackDrain: Int64 { rollbackDrainMilliseconds ?? Self.usualRollbackDrain }

  public init(
    restart: Restart, restartBy: RestartBy, drainMilliseconds: Int64,
    atDrainDeadline: AtDrainDeadline, startMilliseconds: Int64,
    rollbackDrainMilliseconds: Int64? = nil
  ) {
    self.restart = restart
    self.restartBy = restartBy
    self.drainMilliseconds = drainMilliseconds
    self.atDrainDeadline = atDrainDeadline
    self.startMilliseconds = startMilliseconds
    self.rollbackDrainMilliseconds = rollbackDrainMilliseconds
  }
}

/// How the merged probe looks and decides.
public struct ProbePolicy: Sendable, Hashable, Codable {
  /// How often the quick parts are refreshed.
  public var intervalMilliseconds: Int64
  /// How often Doctor runs.
  public var doctorMilliseconds: Int64
  /// An answer older than this is `fail`.
  public var maximumAgeMilliseconds: Int64
  /// Queued operations that the gateway may have, at most.
  public var queueLimit: Int

  public init(
    intervalMilliseconds: Int64, doctorMilliseconds: Int64, maximumAgeMilliseconds: Int64,
    queueLimit: Int
  ) {
    self.intervalMilliseconds = intervalMilliseconds
    self.doctorMilliseconds = doctorMilliseconds
    self.maximumAgeMilliseconds = maximumAgeMilliseconds
    self.queueLimit = queueLimit
  }
}

extension JudgeLimits {
  public var unfinishedBound: Int64 { unfinishedMilliseconds ?? 600_000 }
}

/// What the judge holds a canary to, against the concurrent stable arm.
public struct JudgeLimits: Sendable, Hashable, Codable {
  /// Canary sessions of a step, at the least, before any verdict but `fail`.
  public var minimumSessions: Int
  /// Errors may be higher by this much, in basis points of sessions.
  public var errorMargin: Int
  /// The 95th percentile may be higher by this factor, in hundredths: 150 is ×1.5.
  public var latencyFactor: Int
  /// How often evidence is judged.
  public var intervalMilliseconds: Int64
  /// Without enough evidence for this long in one step, the promotion rolls back.
  public var progressMilliseconds: Int64
  /// A run of an agent that has not ended after this long never will; nil: ten minutes.
  public var unfinishedMilliseconds: Int64?

  public init(
    minimumSessions: Int, errorMargin: Int, latencyFactor: Int, intervalMilliseconds: Int64,
    progressMilliseconds: Int64, unfinishedMilliseconds: Int64? = nil
  ) {
    self.minimumSessions = minimumSessions
    self.errorMargin = errorMargin
    self.latencyFactor = latencyFactor
    self.intervalMilliseconds = intervalMilliseconds
    self.progressMilliseconds = progressMilliseconds
    self.unfinishedMilliseconds = unfinishedMilliseconds
  }
}

/// The fleet takes no release whose tag nobody signed that it knows. Paths on every machine of the fleet,
/// the writer's too, in directories that only root or Sluice's own user may write to.
public struct SignedTags: Sendable, Hashable, Codable {
  /// Who may sign, in the form of ssh-keygen's ALLOWED SIGNERS.
  public var allowedSigners: String
  /// Public keys, one a line, or a key revocation list; nil: no key is revoked.
  public var revokedKeys: String?

  public init(allowedSigners: String, revokedKeys: String? = nil) {
    self.allowedSigners = allowedSigners
    self.revokedKeys = revokedKeys
  }
}
