import SluiceCore
import SluiceHAProxy
import SluicePorts

/// The fleet's balancer with the parts of its kind. Only this type maps a kind to parts: a further
/// kind is a further case here, with its own adapter.
public struct Traffic: Sendable {
  public let balancer: any Balancer
  /// The balancer's session log.
  public let evidence: any EvidenceSource
  /// The same log without a promotion; nil if it cannot be read.
  public let log: (any SessionLogReading)?
  public let fence: any EpochFence
  /// Nil if Sluice does not run the balancer.
  public let lifecycle: (any BalancerLifecycle)?

  /// Has no side effects.
  init(_ fleet: Fleet, time: any Time) throws(PortError) {
    switch fleet.balancer {
    case .managed(let spec):
      let haproxy = try ManagedHAProxy(spec, fleet: fleet, time: time)
      balancer = haproxy
      let sessions = SessionLog(
        socket: haproxy.files.administration, unread: haproxy.files.unread,
        directory: "\(fleet.writer.state)/evidence", time: time)
      evidence = sessions
      log = sessions
      fence = haproxy
      lifecycle = HAProxyLifecycle(haproxy, spec)
    }
  }

  /// The capabilities of a balancer of the fleet's kind.
  public static func capabilities(of fleet: Fleet) -> BalancerCapabilities {
    switch fleet.balancer {
    case .managed: ManagedHAProxy.capabilities
    }
  }

  /// The keeper of the fleet's balancer; nil if Sluice does not run the balancer.
  ///
  /// - Parameter fleetPath: the absolute path of sluice.yaml.
  public static func keeper(of fleet: Fleet, fleetPath: String) throws(PortError)
    -> KeeperProcess?
  {
    switch fleet.balancer {
    case .managed(let spec):
      KeeperProcess(
        fleetPath: fleetPath, files: try HAProxyFiles(directory: spec.directory),
        openFiles: spec.openFiles)
    }
  }
}
