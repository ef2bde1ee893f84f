import SluiceCore
import SluiceAgent
import SluiceHost
import SluiceInstall
import SluiceAgentClient
import SluiceOpenClaw
import SluicePorts
import SluiceSystem

/// The real parts of one gateway host, for its agent.
public enum HostServices {
  private static let endingSignals: [Int32] = [2, 15]

  /// Serves the host until SIGINT or SIGTERM.
  ///
  /// - Parameter log: the file to which this process's messages are appended, to be rotated; nil: none.
  public static func runAgent(
    _ name: HostName, of fleet: Fleet, log: String?, whenReady: @escaping @Sendable () -> Void
  ) async throws(PortError) {
    let host = try withEnvironment(of: try spec(of: name, in: fleet))
    let agent = Agent(
      host: host, fleet: fleet, services: try node(host, fleet), version: SluiceVersion.text)
    let result = await withTaskGroup(of: Result<Void, PortError>?.self) { group in
      group.addTask {
        do throws(PortError) { return .success(try await agent.run(whenReady: whenReady)) } catch {
          return .failure(error)
        }
      }
      group.addTask {
        await LogKeeping(paths: logs(of: host, log), time: SystemTime()).run()
        return nil
      }
      group.addTask {
        for await _ in SignalStream.signals(endingSignals) { break }
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    try result?.get()
  }

  /// The agent's own log, and that of a gateway that the agent starts itself.
  private static func logs(of host: HostSpec, _ own: String?) -> [String] {
    var logs = own.map { [$0] } ?? []
    if case .process(_, _, let log, _) = host.openclaw.service { logs.append(log) }
    return logs
  }

  /// The agent's service definition for the host's machine.
  ///
  /// - Parameter fleetPath: absolute.
  public static func agentService(
    _ name: HostName, of fleet: Fleet, fleetPath: String, user: String
  ) throws(PortError) -> ServiceDefinition {
    .agent(of: try spec(of: name, in: fleet), fleetPath: fleetPath, user: user)
  }

  /// For a host whose epoch belongs to no ledger.
  public static func forgetWriters(
    _ name: HostName, of fleet: Fleet
  ) async throws(PortError) -> (epoch: Epoch, operations: Int) {
    try await Agent.forgetWriters(of: try spec(of: name, in: fleet), time: SystemTime())
  }

  private static func spec(of name: HostName, in fleet: Fleet) throws(PortError) -> HostSpec {
    if let host = fleet.host(name) { return host }
    throw PortError(
      .refused, "sluice.yaml names no host \(name)",
      remedy: "It names: " + fleet.hosts.map(\.name.rawValue).joined(separator: ", "))
  }

  /// The spec with the values of its `environment_file`, which is read on the host and never
  /// reported.
  private static func withEnvironment(of host: HostSpec) throws(PortError) -> HostSpec {
    guard let path = host.openclaw.environmentFile else { return host }
    var host = host
    host.openclaw.environment.merge(try EnvironmentFile.read(path)) { $1 }
    return host
  }

  /// The line of `authorized_keys` on a gateway for the writer's public key.
  public static func authorizedKey(
    keyFile: String, program: String, socket: String
  ) throws(PortError) -> String {
    try AuthorizedKey.line(keyFile: keyFile, program: program, socket: socket)
  }

  /// The bridge of a forced command: from standard streams to the agent's socket.
  public static func bridge(socket: String) async throws(PortError) {
    try await AgentBridge.run(socket: socket)
  }

  private static func node(
    _ host: HostSpec, _ fleet: Fleet
  ) throws(PortError) -> AgentServices {
    let time = SystemTime()
    let builds = host.paths.builds
    let service = Self.service(host, time)
    let gateway = OpenClawGateway(
      address: host.localGateway, sessionAddress: host.gateway, spec: host.openclaw, time: time,
      salt: try salt(host.paths.state),
      servicePid: { (try? await service.status())?.pid })
    return AgentServices(
      slices: DirectorySliceStore(root: host.paths.skills),
      infra: GitCheckout(
        directory: host.paths.infra, git: try FleetServices.git(),
        environment: FleetServices.gitEnvironment,
        signers: try FleetServices.signers(fleet, at: host.name.rawValue)),
      fragments: TenantFragments(root: host.paths.tenants), service: service,
      gateway: gateway, time: time,
      builds: builds.map {
        DirectoryBuildStore(root: $0, record: "\(host.paths.state)/build-proofs.json")
      },
      openclawState: builds == nil ? nil : openclawState(host, time),
      secrets: DirectorySecretStore(root: host.paths.secretsDirectory),
      trials: builds.flatMap { trials(host, builds: $0, gateway, time) })
  }

  /// A secret salt, made once on this host. Session keys hash alike while the salt exists.
  private static func salt(_ state: String) throws(PortError) -> String {
    let path = "\(state)/salt"
    do throws(SystemError) {
      try Files.makePrivateDirectory(state)
      if try Files.status(of: path) != nil { return try Files.readText(path, limit: 256) }
      let salt = Randomness.hexadecimal(bytes: 32)
      try Files.replace(path, with: Array(salt.utf8), mode: 0o600)
      return salt
    } catch {
      throw PortError(
        .failed, error.description,
        remedy: error.ownRemedy ?? "Make \(state), and give it to the agent's user.")
    }
  }

  private static func openclawState(_ host: HostSpec, _ time: SystemTime) -> DirectoryStateStore? {
    host.openclaw.stateDirectory.map { state in
      DirectoryStateStore(
        path: state, configuration: host.openclaw.configurationFile,
        record: "\(host.paths.state)/state-copies.json", apart: host.ownPaths, time: time)
    }
  }

  private static func trials(
    _ host: HostSpec, builds: String, _ gateway: OpenClawGateway, _ time: SystemTime
  ) -> TrialServices? {
    host.openclaw.stateDirectory.map { state in
      TrialServices(
        store: DirectoryTrialStore(
          state: state, configuration: host.openclaw.configurationFile, time: time),
        builds: OpenClawTrial(spec: host.openclaw, builds: builds, live: gateway, time: time))
    }
  }

  private static func service(_ host: HostSpec, _ time: SystemTime) -> any ServiceManager {
    switch host.openclaw.service {
    case .launchd(let domain, let label, let plist):
      LaunchdServiceManager(domain: domain, label: label, plist: plist, time: time)
    case .systemd(let unit): SystemdServiceManager(unit: unit, time: time)
    case .process(let program, let arguments, let log, let record):
      ProcessServiceManager(
        command: ProcessCommand(
          program, arguments, environment: host.openclaw.environment, directory: "/"),
        log: log, record: record)
    }
  }
}
