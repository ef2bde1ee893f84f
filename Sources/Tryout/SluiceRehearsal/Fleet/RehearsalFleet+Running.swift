import SluiceFoundation
import SluiceCore
import SluiceHTTP
import SluiceHost
import SluicePorts
import SluiceSystem

/// Starting, looking and stopping: by the product's own command line and files, as an operator.
extension RehearsalFleet {
  /// The environment of `sluice` and its children: of the operator's own settings only the paths of
  /// programs, libraries and temporary files.
  public var environment: [String: String] {
    let kept = ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"]
    let inherited = ProcessInfo.processInfo.environment.filter { kept.contains($0.key) }
    let own = [
      "HOME": layout.directory, "USER": HostFacts.userName, "NO_COLOR": "1", "LC_ALL": "C",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
    ]
    return inherited.merging(own) { _, own in own }
  }

  /// Starts the gateways as their process service would.
  public func startGateways() async throws(PortError) {
    for host in fleet.hosts { try await startGateway(host) }
  }

  func startGateway(_ host: HostSpec) async throws(PortError) {
    guard case .process(let program, let arguments, let log, let record) = host.openclaw.service
    else { return }
    let command = ProcessCommand(
      program, arguments, environment: host.openclaw.environment, directory: layout.directory)
    _ = try await ProcessServiceManager(command: command, log: log, record: record).start()
  }

  /// `sluice balancer start`.
  ///
  /// - Returns: the started program as the command prints it, `HAProxy 2.6.12`.
  public func startBalancer() async throws(PortError) -> String {
    let outcome = try await run(["balancer", "start"])
    let words = outcome.errorText.split(whereSeparator: \.isWhitespace)
    guard outcome.succeeded, words.count > 1 else {
      throw PortError(.failed, "sluice balancer start: \(outcome.errorText)")
    }
    return "\(words[0]) \(words[1].prefix { $0 != "-" })"
  }

  /// `sluice accept --all`: Doctor's findings on a gateway of loopback are expected.
  public func acceptFindings() async throws(PortError) {
    let outcome = try await run(["accept", "--all", "--reason", "a gateway of a rehearsal"])
    guard outcome.succeeded else {
      throw PortError(
        .failed, "sluice accept --all: \(outcome.errorText)\(outcome.outputText)")
    }
  }

  /// Starts `sluice agent` for every host.
  ///
  /// - Parameter inTurn: each when the one before is ready: an agent begins with Doctor, and three
  ///   of the real one at once are slow enough to be given up.
  public func startAgents(inTurn: Bool = false) async throws(PortError) {
    for host in layout.hosts {
      _ = try start(
        "agent-\(host.name)",
        ["agent", "--fleet", layout.fleetFile, "--host", host.name.rawValue])
      if inTurn { try await awaitReady(agentOf: host, deadline: nil) }
    }
  }

  /// A `sluice` that continues to run; its output is in `logs/NAME.log`, both streams.
  ///
  /// - Parameter name: of the record and the log, unique among the running programs.
  public func start(
    _ name: String, _ arguments: [String]
  ) throws(PortError) -> ProcessIdentity {
    let command = ProcessCommand(
      programs.sluice, arguments, environment: environment, directory: layout.directory)
    let process = try Disk.translating { () throws(SystemError) in
      try Processes.spawnDetached(command, outputPath: logPath(name))
    }
    try RecordedProcesses.write(process, to: "\(layout.processes)/\(name).json")
    return process
  }

  public func logPath(_ name: String) -> String { "\(layout.logs)/\(name).log" }

  /// Runs `sluice` with these arguments and the fleet to its end.
  public func run(
    _ arguments: [String], deadline: Duration = .seconds(120)
  ) async throws(PortError) -> ProcessOutcome {
    let command = ProcessCommand(
      programs.sluice, arguments + ["--fleet", layout.fleetFile], environment: environment,
      directory: layout.directory, deadline: deadline)
    do { return try await Processes.run(command) } catch {
      throw PortError(.failed, "\(programs.sluice) does not run: \(error)")
    }
  }

  /// Ends a process that `start` gave, as a power cut would.
  public func kill(_ process: ProcessIdentity) async throws(PortError) {
    try await RecordedProcesses.kill(process)
  }

  /// Until every gateway serves and, where asked for, every agent's probe says `ok` or `degraded`.
  ///
  /// - Parameter deadline: for each; nil: the rehearsal's own.
  public func awaitReady(
    probes: Bool, deadline: Duration? = nil
  ) async throws(PortError) {
    for host in layout.hosts {
      try await awaitReady(gateway: host.name, deadline: deadline)
      if probes { try await awaitReady(agentOf: host, deadline: deadline) }
    }
  }

  private func awaitReady(
    agentOf host: RehearsalLayout.Host, deadline: Duration?
  ) async throws(PortError) {
    try await awaitAnswer(
      "http://\(host.probe)/readyz", "the agent of \(host.name)", logPath("agent-\(host.name)"),
      deadline)
  }

  func awaitReady(gateway name: HostName, deadline: Duration? = nil) async throws(PortError) {
    guard let host = layout.host(name) else { return }
    try await awaitAnswer(
      "http://\(host.gateway)/readyz", "the gateway of \(name)", host.gatewayLog, deadline,
      process: "gateway-\(name)")
  }

  /// Until there is an answer of status 200.
  ///
  /// - Parameter process: a recorded one, whose end is told at once.
  func awaitAnswer(
    _ url: String, _ name: String, _ log: String, _ deadline: Duration?, process: String? = nil
  ) async throws(PortError) {
    let client = HTTPClient()
    defer { client.shutdown() }
    let request = HTTPRequest("GET", url, deadline: .seconds(2), freshConnection: true)
    let end = ContinuousClock.now + (deadline ?? .milliseconds(timing.readyMilliseconds))
    let wasRunning = process.map { name in processes.running().contains { $0.name == name } }
    var last = "nothing"
    while ContinuousClock.now < end {
      do {
        let response = try await client.send(request)
        if response.status == 200 { return }
        last = "\(response.status) \(Self.reason(in: response.text).prefix(300))"
      } catch {
        last = error.message
        if error.kind == .cancelled { throw PortError(.failed, "interrupted") }
      }
      if wasRunning == true, !processes.running().contains(where: { $0.name == process }) {
        throw failure("\(name) has ended", log)
      }
      do { try await SystemClock.sleep(for: .milliseconds(50)) } catch {
        throw PortError(.failed, "interrupted")
      }
    }
    throw failure("\(name) did not get ready at \(url) in time; it said: \(last)", log)
  }

  /// Of a probe what it is about: the rest is how everything else is.
  private static func reason(in text: String) -> Substring {
    text.firstRange(of: "\"reasons\":").map { text[$0.lowerBound...] } ?? text[...]
  }

  private static let shownLines = 5

  private static func end(of log: String) -> [Substring] {
    ((try? Files.readText(log)) ?? "").split(separator: "\n").suffix(shownLines).map {
      $0.prefix(300)
    }
  }

  /// The last lines of the logs of the gateways that a text names.
  func logEnds(namedIn text: String) -> [String] {
    layout.hosts.filter { text.contains($0.name.rawValue) }.flatMap { host in
      ["\(host.gatewayLog) ends:"] + Self.end(of: host.gatewayLog).map { "  \($0)" }
    }
  }

  /// An error with the end of the log, which most often contains the reason.
  private func failure(_ what: String, _ log: String) -> PortError {
    let lines = Self.end(of: log).map { "\n    \($0)" }.joined()
    return PortError(
      .failed, lines.isEmpty ? what : "\(what). Its log ends:\(lines)",
      remedy: "Its log says more: \(log)")
  }

  /// Ends everything, and removes the link to the directory.
  ///
  /// - Returns: the processes that still run.
  @discardableResult
  public func stop() async -> [RecordedProcesses.Running] {
    let left = await processes.stop()
    if left.isEmpty { Self.removeAlias(of: layout) }
    return left
  }
}
