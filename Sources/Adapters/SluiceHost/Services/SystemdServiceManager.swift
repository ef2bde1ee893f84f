import SluiceCore
import SluicePorts
import SluiceSystem

/// A gateway that systemd starts.
public struct SystemdServiceManager: ServiceManager {
  private let words: Systemctl
  private let runner: ServiceRunner
  private let wait: ServiceWait

  static let callDeadline = Duration.seconds(20)

  public init(
    unit: String, isUser: Bool = false, time: any Time, program: String = "/usr/bin/systemctl"
  ) {
    words = Systemctl(unit: unit, isUser: isUser)
    runner = ServiceRunner(program: program, name: unit)
    wait = ServiceWait(time: time)
  }

  public func status() async throws(PortError) -> ServiceStatus {
    let outcome = try await runner.run(words.showing, deadline: Self.callDeadline)
    var reading = ServiceReading.unknown("systemctl show did not end")
    if case .exited(let code) = outcome.termination, !outcome.timedOut {
      reading = Systemctl.reading(exit: code, output: outcome.outputText)
    }
    return try reading.status(
      of: words.unit, absentRemedy: "Install the unit, or name the right one in sluice.yaml.")
  }

  public func start() async throws(PortError) -> ServiceStatus {
    let before = try await wait.settled(deadline: Self.callDeadline) {
      () async throws(PortError) in try await status()
    }
    if before.pid != nil { return before }
    return try await change(words.starting, deadline: Self.callDeadline) { $0.pid != nil }
  }

  public func restart(deadline: Duration) async throws(PortError) -> ServiceStatus {
    let before = try await wait.statusIfKnown { () async throws(PortError) in try await status() }
    return try await change(words.restarting, deadline: deadline) {
      $0.pid != nil && $0.pid != before.pid
    }
  }

  public func stop(deadline: Duration) async throws(PortError) -> ServiceStatus {
    let before = try await status()
    if before.isStopped { return before }
    return try await change(words.stopping, deadline: deadline) { $0.isStopped }
  }

  /// Sends one job, at the deadline SIGKILL, then believes only what `show` says.
  private func change(
    _ arguments: [String], deadline: Duration, until isDone: (ServiceStatus) -> Bool
  ) async throws(PortError) -> ServiceStatus {
    let outcome = try await runner.run(arguments, deadline: deadline)
    if outcome.timedOut {
      // The job goes on without its client: it waits for the old process, which ends now.
      _ = try await runner.run(words.killing, deadline: Self.callDeadline)
    }
    let seen = try await wait.until(
      deadline: Self.callDeadline,
      status: { () async throws(PortError) in try await status() }, isDone: isDone)
    if let seen { return seen }
    let reason = ServiceRunner.firstLine(outcome.standardError) ?? "no message"
    let shown = try await runner.run(words.showing, deadline: Self.callDeadline)
    if arguments != words.stopping, let obstacle = words.obstacle(to: shown.outputText) {
      throw PortError(
        .refused, "\(words.unit) \(obstacle.why): \(reason)", remedy: obstacle.remedy)
    }
    throw PortError(
      .unknown, "systemctl \(arguments.joined(separator: " ")) did not bring it about: \(reason)",
      remedy: "Look with systemctl status \(words.unit), and in the journal.")
  }
}
