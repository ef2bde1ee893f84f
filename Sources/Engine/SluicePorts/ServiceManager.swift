import SluiceCore

/// Who starts and ends the gateway's process on this host: launchd, systemd, or Sluice itself.
public protocol ServiceManager: Sendable {
  func status() async throws(PortError) -> ServiceStatus
  /// Starts it when it is not running; changes nothing when it is.
  func start() async throws(PortError) -> ServiceStatus
  /// One restart: ends the running process (SIGTERM, at the deadline SIGKILL) and starts a new one.
  /// Returns with the new process's pid; whether it serves is for others to ask.
  func restart(deadline: Duration) async throws(PortError) -> ServiceStatus
  func stop(deadline: Duration) async throws(PortError) -> ServiceStatus
}

public struct ServiceStatus: Sendable, Hashable, Codable {
  /// Nil when it does not run.
  public var pid: Int32?
  /// Wall clock, milliseconds since 1970, as the operating system keeps it.
  public var startedAtMilliseconds: Int64?
  /// How the process ended that ran last, where its manager tells.
  public var lastExitCode: Int32?
  /// The end of what it wrote, where Sluice keeps it.
  public var lastWords: String?
  /// Its manager is about to start it by itself, in the manager's own words: a service that crashes
  /// again and again waits so between two starts. Nil when the manager lets it be.
  public var pending: String?

  /// No process, and none that is about to come.
  public var isStopped: Bool { pid == nil && pending == nil }

  public init(
    pid: Int32?, startedAtMilliseconds: Int64?, lastExitCode: Int32? = nil,
    lastWords: String? = nil, pending: String? = nil
  ) {
    self.pending = pending
    self.pid = pid
    self.startedAtMilliseconds = startedAtMilliseconds
    self.lastExitCode = lastExitCode
    self.lastWords = lastWords
  }
}
