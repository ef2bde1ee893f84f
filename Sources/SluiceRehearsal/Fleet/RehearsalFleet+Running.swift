import SluiceCore
import SluiceHTTP
import SluiceHost
import SluicePorts
import SluiceSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Starting, looking and stopping: by the product's own command line and files, as an operator.
extension RehearsalFleet {
  /// What `sluice` and everything below it gets: nothing of the operator's own settings but where
  /// programs, libraries and temporary files are.
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
    for host in fleet.hosts {
      guard case .process(let program, let arguments, let log, let record) = host.openclaw.service
      else { continue }
      let command = ProcessCommand(
        program, arguments, environment: host.openclaw.environment, directory: layout.directory)
      _ = try await ProcessServiceManager(command: command, log: log, record: record).start()
    }
  }

  /// `sluice balancer start`.
  ///
  /// - Returns: what it says that it started, `HAProxy 2.6.12`.
  public func startBalancer() async throws(PortError) -> String {
    let outcome = try await run(["balancer", "start"])
    let words = outcome.errorText.split(whereSeparator: \.isWhitespace)
    guard outcome.succeeded, words.count > 1 else {
      throw PortError(.failed, "sluice balancer start: \(outcome.errorText)")
    }
    return "\(words[0]) \(words[1].prefix { $0 != "-" })"
  }

  /// `sluice probe --accept`: what Doctor finds on a gateway of loopback is no news.
  public func acceptFindings() async throws(PortError) {
    let outcome = try await run(["probe", "--accept"])
    guard outcome.succeeded else {
      throw PortError(
        .failed, "sluice probe --accept: \(outcome.errorText)\(outcome.outputText)")
    }
  }

  /// Starts `sluice agent` for every host.
  public func startAgents() throws(PortError) {
    for host in layout.hosts {
      _ = try start(
        "agent-\(host.name)",
        ["agent", "--fleet", layout.fleetFile, "--host", host.name.rawValue])
    }
  }

  /// A `sluice` that goes on by itself; its output is in `logs/NAME.log`, both streams.
  ///
  /// - Parameter name: of the record and the log, unique among what runs.
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
  public func awaitReady(
    probes: Bool, deadline: Duration = .seconds(30)
  ) async throws(PortError) {
    let client = HTTPClient()
    defer { client.shutdown() }
    for host in layout.hosts {
      try await awaitReady(
        host.gateway, "the gateway of \(host.name)", host.gatewayLog, client, deadline)
      if probes {
        let log = logPath("agent-\(host.name)")
        try await awaitReady(host.probe, "the agent of \(host.name)", log, client, deadline)
      }
    }
  }

  private func awaitReady(
    _ address: String, _ name: String, _ log: String, _ client: HTTPClient, _ deadline: Duration
  ) async throws(PortError) {
    let request = HTTPRequest(
      "GET", "http://\(address)/readyz", deadline: .seconds(2), freshConnection: true)
    let end = ContinuousClock.now + deadline
    var last = "nothing"
    while ContinuousClock.now < end {
      do {
        let response = try await client.send(request)
        if response.status == 200 { return }
        last = "\(response.status) \(response.text.prefix(300))"
      } catch {
        last = error.message
        if error.kind == .cancelled { throw PortError(.failed, "interrupted") }
      }
      do { try await SystemClock.sleep(for: .milliseconds(50)) } catch {
        throw PortError(.failed, "interrupted")
      }
    }
    throw PortError(
      .failed, "\(name) did not get ready at \(address) in time; it said: \(last)",
      remedy: "Its log says more: \(log)")
  }

  /// Ends everything, and takes away the link to the directory.
  ///
  /// - Returns: who runs all the same.
  @discardableResult
  public func stop() async -> [RecordedProcesses.Running] {
    let left = await processes.stop()
    if left.isEmpty { Self.removeAlias(of: layout) }
    return left
  }

  /// What `--keep` says: how to go on with it, and how to end it.
  public var keepLines: [String] {
    let leftover = Leftover(directory: layout.directory, processes: processes.running())
    return [
      "The fleet stays up, with clients at http://\(layout.balancer). Play with it:",
      "  cd \(layout.directory); alias sluice=\(programs.sluice)",
      "  sluice status",
      "  sluice promote v1.4.2     a good release; status --watch and explain beside it",
      "  sluice promote v1.5.0     a bad one: it comes back by itself",
      "  sluice plan v1.6.0        one whose tree is not what its lock says",
      "  sluice rollback           back to the release before",
      "To stop it:  \(leftover.command)",
    ]
  }
}
