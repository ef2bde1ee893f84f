import SluiceCore

/// Starts and ends the gateway's process on this host: launchd, systemd, or Sluice itself.
public protocol ServiceManager: Sendable {
  func status() async throws(PortError) -> ServiceStatus
  /// Starts the service if it is not running; otherwise changes nothing.
  func start() async throws(PortError) -> ServiceStatus
  /// One restart: ends the running process (SIGTERM, SIGKILL at the deadline) and starts a new one.
  /// Returns the new process's pid without checking whether it serves.
  func restart(deadline: Duration) async throws(PortError) -> ServiceStatus
  func stop(deadline: Duration) async throws(PortError) -> ServiceStatus
}

public struct ServiceStatus: Sendable, Hashable, Codable {
  /// Nil if no process runs.
  public var pid: Int32?
  /// Wall clock, milliseconds since 1970, by the operating system.
  public var startedAtMilliseconds: Int64?
  /// The exit code of the last process, if the service manager reports it.
  public var lastExitCode: Int32?
  /// The end of the process's output, if Sluice keeps it.
  public var lastWords: String?
  /// The service manager's own words if it is about to start the process by itself: a service that
  /// crashes repeatedly waits between starts. Nil if no start is due.
  public var pending: String?

  /// No process runs, and no start is due.
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
