import SluiceCore
import SluiceInstall
import SluiceSystem

extension ServiceDefinition {
  /// For this machine.
  public var text: String {
    switch Platform.current {
    case .macOS: launchd
    case .linux: systemd
    }
  }

  /// The keeper's service allows at least this many, so that `balancer.max_connections` can grow
  /// without a new service definition.
  private static let leastBalancerFiles = 65_536

  /// The keeper, which starts HAProxy after a reboot. HAProxy outlives its keeper, and inherits its
  /// limit of open files.
  ///
  /// - Parameter openFiles: as many as HAProxy needs.
  static func keeper(
    program: String, fleetPath: String, user: String, log: String, openFiles: Int
  ) -> ServiceDefinition {
    ServiceDefinition(
      label: "ai.openclaw.sluice.balancer",
      summary: "Sluice: keeps the balancer of the OpenClaw fleet running", program: program,
      arguments: ["balancer", "keep", "--fleet", fleetPath], user: user, log: log,
      openFiles: max(leastBalancerFiles, openFiles))
  }

  /// A host's agent. A gateway that Sluice itself started outlives the agent.
  public static func agent(of host: HostSpec, fleetPath: String, user: String) -> ServiceDefinition
  {
    let log = "\(host.paths.state)/agent.log"
    return ServiceDefinition(
      label: "ai.openclaw.sluice.agent", summary: "Sluice: the agent of \(host.name)",
      program: HostFacts.executablePath(),
      arguments: [
        "agent", "--host", host.name.rawValue, "--fleet", fleetPath, "--log", log,
      ], user: user, log: log, openFiles: AgentUnit.openFiles)
  }
}
