import SluiceCore
import SluicePorts
import SluiceSystem

/// Starts controllers as separate processes, which outlive the terminal and a closed lid.
public struct ControllerProcess: Sendable {
  private let fleetPath: String
  private let writer: WriterSpec
  private static let startDeadline: Duration = .seconds(60)
  private static let pollInterval: Duration = .milliseconds(50)
  /// The part of the operator's environment that a controller needs to reach hosts and find
  /// programs.
  private static let inherited = [
    "HOME", "LANG", "LC_ALL", "PATH", "SSH_AUTH_SOCK", "TMPDIR", "USER",
  ]

  /// - Parameter fleetPath: absolute, because the process has its own working directory.
  public init(fleetPath: String, writer: WriterSpec) {
    self.fleetPath = fleetPath
    self.writer = writer
  }

  /// The directory of controller logs. Each controller has its own file.
  private var logs: String { "\(writer.state)/controllers" }
  private static let keptLogs = 20
  private static let nowhere = "/dev/null"
  private static let errorSuffix = ".error"

  /// Starts a controller and returns once `isAtWork` is true; throws the controller's own error if
  /// the controller ended first.
  public func start(
    _ task: ControllerInvocation.Task, isAtWork: @Sendable () async -> Bool
  ) async throws(PortError) {
    let identity: ProcessIdentity
    let log = newLog()
    let errorPath = log == Self.nowhere ? nil : log + Self.errorSuffix
    let arguments = ControllerInvocation(task, errorPath: errorPath).arguments
    do throws(SystemError) {
      let command = ProcessCommand(
        HostFacts.executablePath(), ["controller", "--fleet", fleetPath] + arguments,
        environment: HostFacts.environment(Self.inherited), directory: "/")
      identity = try Processes.spawnDetached(command, outputPath: log)
    } catch { throw PortError(.failed, "the controller cannot be started: \(error)") }
    let wait = StartWait(
      time: SystemTime(), deadline: Self.startDeadline, pause: Self.pollInterval)
    switch await wait.outcome(
      isRunning: { Processes.isRunning(identity) }, isAtWork: isAtWork)
    {
    case .atWork: return
    case .ended: throw errorPath.map(ControllerError.init(path:))?.take() ?? silentEnd(log)
    case .late:
      throw PortError(
        .unknown, "the controller, process \(identity.pid), has not said that it began",
        remedy: "See what it says:  tail \(log)")
    case .interrupted:
      throw PortError(
        .unknown, "interrupted; the controller goes on",
        remedy: "See it:  sluice status --watch")
    }
  }

  /// The log's name sorts by time. If a full disk has no room for a log, the output is lost.
  private func newLog() -> String {
    do throws(SystemError) {
      try Files.makePrivateDirectory(logs)
      for name in try Files.names(in: logs).sorted().dropLast(Self.keptLogs - 1) {
        try Files.removeFile("\(logs)/\(name)")
      }
      let stamp = Timestamp.text(SystemClock.wallMilliseconds())
      let path = "\(logs)/\(stamp)-\(Randomness.hexadecimal(bytes: 3)).log"
      try Files.create(path, with: [], mode: 0o600)
      return path
    } catch { return Self.nowhere }
  }

  /// The controller ended without an error message.
  private func silentEnd(_ log: String) -> PortError {
    guard log != Self.nowhere else {
      return PortError(
        .failed, "the controller ended, and there was no room for what it said in \(logs)",
        remedy: "Free 2 MB or more on that disk, then:  sluice resume")
    }
    return PortError(
      .failed, "the controller ended and did not say why", remedy: "Look at \(log).")
  }
}
