import SluiceCore

/// The balancer's process and its keeper, seen without asking them.
public struct DoorSight: Sendable, Hashable {
  /// Whether somebody keeps the balancer running.
  public enum Keeper: Sendable, Hashable {
    case none
    case atWork(KeeperReport)
    /// The keeper holds its lock, and has said nothing for a while.
    case silent(String)

    var report: KeeperReport? { if case .atWork(let report) = self { report } else { nil } }
  }

  /// One was started here at some time.
  public var wasEverStarted: Bool
  /// Its process is there.
  public var hasProcess: Bool
  /// An operator stopped it.
  public var isStopped: Bool
  public var keeper: Keeper

  public init(wasEverStarted: Bool, hasProcess: Bool, isStopped: Bool, keeper: Keeper) {
    self.wasEverStarted = wasEverStarted
    self.hasProcess = hasProcess
    self.isStopped = isStopped
    self.keeper = keeper
  }
}

/// The last findings of the balancer's keeper.
public struct KeeperReport: Sendable, Hashable {
  /// The state and the remedy.
  public struct Remark: Sendable, Hashable {
    public var message: String
    public var remedy: String?

    public init(_ message: String, remedy: String?) {
      self.message = message
      self.remedy = remedy
    }
  }

  /// Nil while the balancer's process runs and answers.
  public var trouble: Remark?
  /// The gateways that are refused, and those that are let in though they fail hard.
  public var admission: Admission
  /// Clients that ask without end; nil: none, or long ago.
  public var flood: Remark?
  /// Gateways whose agent does not answer, or whose answer is too old to be acted upon.
  public var silent: [HostName]
  /// Gateways whose agent answers, and tells this machine no details.
  public var untold: [HostName]

  public init(
    trouble: Remark? = nil, admission: Admission = Admission(), flood: Remark? = nil,
    silent: [HostName] = [], untold: [HostName] = []
  ) {
    self.trouble = trouble
    self.admission = admission
    self.flood = flood
    self.silent = silent
    self.untold = untold
  }
}
