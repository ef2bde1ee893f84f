import SluiceCore
import SluicePorts
import SluiceSystem

/// A gateway that launchd starts.
public struct LaunchdServiceManager: ServiceManager {
  private let words: Launchctl
  private let runner: ServiceRunner
  private let wait: ServiceWait
  private let plist: String?

  /// launchctl may block for minutes; after this it is left, and what came of it is looked at.
  static let callDeadline = Duration.seconds(20)

  /// - Parameter plist: the job's property list. With it a job that says KeepAlive can be stopped: it
  ///   is taken out of launchd, and put in again when it is started.
  public init(
    domain: String, label: String, plist: String? = nil, time: any Time,
    program: String = "/bin/launchctl"
  ) {
    self.plist = plist
    words = Launchctl(domain: domain, label: label)
    runner = ServiceRunner(program: program, name: words.target)
    wait = ServiceWait(time: time)
  }

  public func status() async throws(PortError) -> ServiceStatus {
    let outcome = try await runner.run(words.printing, deadline: Self.callDeadline)
    guard case .exited(let code) = outcome.termination, !outcome.timedOut else {
      return try ServiceReading.unknown("launchctl print did not end").status(
        of: words.target, absentRemedy: "")
    }
    let reading = Launchctl.reading(
      exit: code, output: outcome.outputText, errors: outcome.errorText)
    if reading == .absent, plist != nil {
      return ServiceStatus(pid: nil, startedAtMilliseconds: nil)
    }
    return try reading.status(
      of: words.target,
      absentRemedy: "Load it: launchctl bootstrap \(words.domain) <its property list>.")
  }

  public func start() async throws(PortError) -> ServiceStatus {
    let before = try await status()
    if before.pid != nil { return before }
    if let plist {
      // Refused when it is in already: the kick that follows tells.
      _ = try await runner.run(words.loading(plist), deadline: Self.callDeadline)
    }
    return try await kick(words.starting, before: before, deadline: Self.callDeadline)
  }

  /// launchd sends SIGKILL by itself when the job's `ExitTimeOut` has passed.
  public func restart(deadline: Duration) async throws(PortError) -> ServiceStatus {
    let before = try await wait.statusIfKnown { () async throws(PortError) in try await status() }
    if before.pid == nil, plist != nil { return try await start() }
    return try await kick(words.restarting, before: before, deadline: deadline)
  }

  /// Without the property list it works for a job without KeepAlive only: launchd starts the others
  /// again at once.
  public func stop(deadline: Duration) async throws(PortError) -> ServiceStatus {
    if plist != nil { return try await unload(deadline: deadline) }
    let before = try await status()
    guard let pid = before.pid else { return before }
    for (name, patience) in [("SIGTERM", deadline), ("SIGKILL", Duration.seconds(5))] {
      _ = try await runner.run(words.signalling(name), deadline: Self.callDeadline)
      let seen = try await wait.until(
        deadline: patience, status: { () async throws(PortError) in try await status() },
        isDone: { $0.pid != pid })
      guard let seen else { continue }
      if seen.pid == nil { return seen }
      throw PortError(
        .refused, "launchd started \(words.target) again at once",
        remedy: "Its property list says KeepAlive: name it as service.launchd.plist in sluice.yaml."
      )
    }
    throw PortError(
      .failed, "process \(pid) of \(words.target) lives on after SIGKILL",
      remedy: "It hangs in the kernel, perhaps on a disk that is gone: restart the machine.")
  }

  /// launchd sends SIGTERM, and SIGKILL when the job's `ExitTimeOut` has passed.
  private func unload(deadline: Duration) async throws(PortError) -> ServiceStatus {
    let outcome = try await runner.run(words.unloading, deadline: Self.callDeadline)
    let seen = try await wait.until(
      deadline: deadline, status: { () async throws(PortError) in try await status() },
      isDone: { $0.pid == nil })
    if let seen { return seen }
    throw PortError(
      .failed,
      "launchctl bootout of \(words.target) was sent (\(runner.ending(outcome))), and it still runs",
      remedy: "Look with launchctl print \(words.target), and in the gateway's log.")
  }

  /// Kicks once, then believes only what `print` says: exit 0 means accepted, not started, and a
  /// call that did not end may have been obeyed.
  private func kick(
    _ arguments: [String], before: ServiceStatus, deadline: Duration
  ) async throws(PortError) -> ServiceStatus {
    let outcome = try await runner.run(arguments, deadline: Self.callDeadline)
    let printed = outcome.succeeded ? Launchctl.startedPid(outcome.outputText) : nil
    let seen = try await wait.until(
      deadline: deadline, status: { () async throws(PortError) in try await status() },
      isDone: { $0.pid != nil && $0.pid != before.pid && (printed == nil || $0.pid == printed) })
    if let seen { return seen }
    throw PortError(
      .unknown,
      "launchctl \(arguments[0]) of \(words.target) was sent (\(runner.ending(outcome))), "
        + "but no new process shows",
      remedy: "Look with launchctl print \(words.target), and in the gateway's log.")
  }
}

/// Calls a service manager's program; thin.
struct ServiceRunner: Sendable {
  let program: String
  /// The service, for messages.
  let name: String

  func run(_ arguments: [String], deadline: Duration) async throws(PortError) -> ProcessOutcome {
    let command = ProcessCommand(
      program, arguments,
      environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"], deadline: deadline)
    do { return try await Processes.run(command) } catch {
      throw PortError(error, remedy: "Is \(program) there? \(name) is started by it.")
    }
  }

  /// How a call ended, in a few words.
  func ending(_ outcome: ProcessOutcome) -> String {
    if outcome.timedOut { return "no answer in time" }
    guard case .exited(let code) = outcome.termination else { return "it was killed" }
    let words = Launchctl.explanation(code)
    return words.isEmpty ? "exit \(code)" : "exit \(code) \(words)"
  }
}
