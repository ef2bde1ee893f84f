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

  /// - Parameter plist: the job's property list. With it a job with KeepAlive can be stopped: the
  ///   job is unloaded from launchd, and loaded again at its start.
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
    let before = try await settledStatus()
    if before.pid != nil { return before }
    guard let plist else {
      return try await kick(words.starting, before: before, deadline: Self.startDeadline)
    }
    return try await load(plist)
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
    guard let pid = before.pid else {
      if before.isStopped { return before }
      throw startsAgain
    }
    for (name, patience) in [("SIGTERM", deadline), ("SIGKILL", Duration.seconds(5))] {
      _ = try await runner.run(words.signalling(name), deadline: Self.callDeadline)
      let seen = try await wait.until(
        deadline: patience, status: { () async throws(PortError) in try await status() },
        isDone: { $0.pid != pid })
      guard let seen else { continue }
      if seen.isStopped { return seen }
      throw startsAgain
    }
    throw PortError(
      .failed, "process \(pid) of \(words.target) lives on after SIGKILL",
      remedy: "It hangs in the kernel, perhaps on a disk that is gone: restart the machine.")
  }

  private var startsAgain: PortError {
    PortError(
      .refused, "launchd starts \(words.target) again at once",
      remedy: "Its property list says KeepAlive: name it as service.launchd.plist in sluice.yaml.")
  }
}

// launchd often means "again": what was asked before is not over in it yet. Each call is repeated for
// a bounded time, and then every try is told in launchd's own words.
extension LaunchdServiceManager {
  /// For one start, all its tries together.
  static let startDeadline = Duration.seconds(30)
  private static let pause = Duration.seconds(1)

  private func settledStatus() async throws(PortError) -> ServiceStatus {
    try await wait.settled(deadline: Self.callDeadline) { () async throws(PortError) in
      try await status()
    }
  }

  /// launchd sends SIGTERM, and SIGKILL when the job's `ExitTimeOut` has passed. The label may stand
  /// on for seconds after the process: until it has gone, putting the job in again fails.
  private func unload(deadline: Duration) async throws(PortError) -> ServiceStatus {
    var tries = ServiceTries()
    var waited = Duration.zero
    var last: Look?
    while true {
      let outcome = try await runner.run(words.unloading, deadline: Self.callDeadline)
      tries.add("bootout", runner.ending(outcome))
      // From accepted on only its end is waited for; else it is asked again after a pause.
      let isAccepted = Self.isAccepted(outcome)
      let patience = isAccepted ? deadline : min(deadline, waited + Self.pause)
      repeat {
        let look = try await look()
        if look.reading == .absent { return ServiceStatus(pid: nil, startedAtMilliseconds: nil) }
        last = look
        try await wait.pause(ServiceWait.interval)
        waited += ServiceWait.interval
      } while waited < patience
      guard waited >= deadline else { continue }
      // The job lingers without a process. The next bootstrap waits for the label.
      if isAccepted, case .stopped? = last?.reading {
        return ServiceStatus(pid: nil, startedAtMilliseconds: nil)
      }
      throw PortError(
        .failed,
        "launchctl did not take \(words.target) out (\(tries.sentence)); it says "
          + (last?.words ?? "nothing"),
        remedy: "Look with launchctl print \(words.target), and in the gateway's log.")
    }
  }

  /// Obeyed, under way already, or nothing there any more.
  private static func isAccepted(_ outcome: ProcessOutcome) -> Bool {
    guard case .exited(let code) = outcome.termination, !outcome.timedOut else { return true }
    return [0, 3, 36, 37, 113].contains(code)
  }

  /// Puts the job in and starts it. A bootstrap that is refused says little: the job may be in
  /// already, or its last life is not over. So it is kicked where `print` knows it, and both are tried
  /// again until a process shows.
  private func load(_ plist: String) async throws(PortError) -> ServiceStatus {
    var tries = ServiceTries()
    var waited = Duration.zero
    while true {
      let loading = try await runner.run(words.loading(plist), deadline: Self.callDeadline)
      if !loading.succeeded {
        tries.add("bootstrap", runner.ending(loading))
        try await requireEnabled(loading, tries)
      }
      var (code, look) = (Self.code(loading), try await look())
      if look.reading != .absent {
        let kicking = try await runner.run(words.starting, deadline: Self.callDeadline)
        if !kicking.succeeded { tries.add("kickstart", runner.ending(kicking)) }
        code = Self.code(kicking)
        look = try await self.look()
        // A kick that was obeyed may take its time to show; one that was not is tried again soon.
        let patience = kicking.succeeded ? Self.startDeadline - waited : Self.pause
        let seen = try await wait.until(
          deadline: patience, status: { () async throws(PortError) in try await status() },
          isDone: { $0.pid != nil })
        if let seen { return seen }
        waited += patience
        look = try await self.look()
      } else {
        try await wait.pause(Self.pause)
        waited += Self.pause
      }
      let isOver =
        code.map { $0 != 0 && !Launchctl.meansAgain($0) && $0 != 113 && $0 != 3 } ?? false
      guard isOver || waited >= Self.startDeadline else { continue }
      throw notStarted(tries, look)
    }
  }

  /// Kicks, then believes only what `print` says: exit 0 means accepted, not started, and a call that
  /// did not end may have been obeyed. One that was refused for now is repeated.
  private func kick(
    _ arguments: [String], before: ServiceStatus, deadline: Duration
  ) async throws(PortError) -> ServiceStatus {
    var tries = ServiceTries()
    var waited = Duration.zero
    while true {
      let outcome = try await runner.run(arguments, deadline: Self.callDeadline)
      tries.add(arguments[0], runner.ending(outcome))
      try await requireEnabled(outcome, tries)
      let printed = outcome.succeeded ? Launchctl.startedPid(outcome.outputText) : nil
      let isRefused = Self.code(outcome).map(Launchctl.meansAgain) ?? false
      let patience = isRefused ? min(Self.pause, deadline - waited) : deadline - waited
      let seen = try await wait.until(
        deadline: patience, status: { () async throws(PortError) in try await status() },
        isDone: { $0.pid != nil && $0.pid != before.pid && (printed == nil || $0.pid == printed) })
      if let seen { return seen }
      waited += max(patience, ServiceWait.interval)
      guard waited >= deadline else { continue }
      throw notStarted(tries, try await look())
    }
  }

  private static func code(_ outcome: ProcessOutcome) -> Int32? {
    guard case .exited(let code) = outcome.termination, !outcome.timedOut else { return nil }
    return code
  }

  private func notStarted(_ tries: ServiceTries, _ look: Look) -> PortError {
    PortError(
      .unknown,
      "no new process of \(words.target) shows (\(tries.sentence)); launchd says "
        + (look.words ?? "nothing of it"),
      remedy: "Look with launchctl print \(words.target), and in the gateway's log.")
  }

  /// A disabled label is refused for ever, on some systems with the code of "again".
  private func requireEnabled(
    _ outcome: ProcessOutcome, _ tries: ServiceTries
  ) async throws(PortError) {
    guard let code = Self.code(outcome), code == Launchctl.disabledCode || code == 5 else { return }
    let listed = try await runner.run(words.printingDisabled, deadline: Self.callDeadline)
    guard code == Launchctl.disabledCode || words.isDisabled(in: listed.outputText) else { return }
    throw PortError(
      .refused, "\(words.target) is disabled, so launchd does not start it (\(tries.sentence))",
      remedy: "Enable it:  launchctl enable \(words.target)")
  }

  struct Look {
    var reading: ServiceReading
    /// launchd's own.
    var words: String?
  }

  private func look() async throws(PortError) -> Look {
    let outcome = try await runner.run(words.printing, deadline: Self.callDeadline)
    guard let code = Self.code(outcome) else {
      return Look(reading: .unknown("launchctl print did not end"), words: nil)
    }
    let reading = Launchctl.reading(
      exit: code, output: outcome.outputText, errors: outcome.errorText)
    return Look(
      reading: reading,
      words: Launchctl.words(of: outcome.outputText)
        ?? ServiceRunner.firstLine(outcome.standardError))
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
    let said = code == 0 ? nil : Self.firstLine(outcome.standardError)
    return
      (["exit \(code)"]
      + [said.map { "\"\($0)\"" }, words.isEmpty ? nil : words]
      .compactMap(\.self)).joined(separator: " ")
  }

  /// The first line of an error's text that holds anything, bounded.
  static func firstLine(_ bytes: [UInt8]) -> String? {
    ProgramText(Array(bytes.prefix(4_096))).lines.first.map { String($0.prefix(200)) }
  }
}
