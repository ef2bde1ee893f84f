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
    /// Go on, and count the work that was cut.
    case cut
    /// Resume the gateway and give up the swing.
    case back
  }

  public var restart: Restart
  public var restartBy: RestartBy
  /// How long running work may take to end by itself.
  public var drainMilliseconds: Int64
  public var atDrainDeadline: AtDrainDeadline
  /// The time limit from a gateway's start to the end of its warm-up session.
  public var startMilliseconds: Int64
  /// How long turns on the canary may go on during a rollback; nil: `usualRollbackDrain`.
  public var rollbackDrainMilliseconds: Int64?

  /// So long after its writer's last word a canary without a share goes back by itself; nil: never.
  public var deadManMilliseconds: Int64?

  /// Most turns end within this time, and no client stays on a bad release for long (decision 022).
  public static let usualRollbackDrain: Int64 = 5_000

  /// A living writer may be silent for so long, between two swings or during one.
  public var leastDeadMan: Int64 {
    drainMilliseconds.addingClamped(startMilliseconds.multipliedClamped(by: 4))
  }

  public var rollbackDrain: Int64 { rollbackDrainMilliseconds ?? Self.usualRollbackDrain }

  public init(
    restart: Restart, restartBy: RestartBy, drainMilliseconds: Int64,
    atDrainDeadline: AtDrainDeadline, startMilliseconds: Int64,
    rollbackDrainMilliseconds: Int64? = nil, deadManMilliseconds: Int64? = nil
  ) {
    self.deadManMilliseconds = deadManMilliseconds
    self.restart = restart
    self.restartBy = restartBy
    self.drainMilliseconds = drainMilliseconds
    self.atDrainDeadline = atDrainDeadline
    self.startMilliseconds = startMilliseconds
    self.rollbackDrainMilliseconds = rollbackDrainMilliseconds
  }
}

/// How the agent refreshes and judges the merged probe.
public struct ProbePolicy: Sendable, Hashable, Codable {
  /// The interval between refreshes of the quick parts.
  public var intervalMilliseconds: Int64
  /// The interval between runs of Doctor.
  public var doctorMilliseconds: Int64
  /// An older answer is `fail`.
  public var maximumAgeMilliseconds: Int64
  /// The maximum of queued operations at the gateway.
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

/// The judge's limits for the canary against the concurrent stable arm.
public struct JudgeLimits: Sendable, Hashable, Codable {
  /// The minimum of canary sessions in a step before any verdict but `fail`.
  public var minimumSessions: Int
  /// The canary's errors may exceed stable's by this much, in basis points of sessions.
  public var errorMargin: Int
  /// The canary's 95th percentile may exceed stable's by this factor, in hundredths: 150 is ×1.5.
  public var latencyFactor: Int
  /// The interval between assessments.
  public var intervalMilliseconds: Int64
  /// After this time without enough evidence in one step, the promotion rolls back.
  public var progressMilliseconds: Int64
  /// An OpenClaw run without an end after this time counts as unfinished; nil: ten minutes.
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

/// The fleet takes only releases whose tag a known signer signed. The paths are the same on every
/// machine of the fleet and on the writer, in directories that only root or Sluice's user may write
/// to.
public struct SignedTags: Sendable, Hashable, Codable {
  /// The allowed signers, in the form of ssh-keygen's ALLOWED SIGNERS.
  public var allowedSigners: String
  /// Public keys, one a line, or a key revocation list; nil: no key is revoked.
  public var revokedKeys: String?

  public init(allowedSigners: String, revokedKeys: String? = nil) {
    self.allowedSigners = allowedSigners
    self.revokedKeys = revokedKeys
  }
}
