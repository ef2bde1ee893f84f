import SluiceCore
import SluiceHAProxy
import SluicePorts

/// The fleet's balancer with what belongs to its kind. The one place that turns a kind into parts:
/// another kind is another case here, and an adapter of its own.
public struct Traffic: Sendable {
  public let balancer: any Balancer
  /// Its session log.
  public let evidence: any EvidenceSource
  public let fence: any EpochFence
  /// Nil of a balancer that somebody else runs.
  public let lifecycle: (any BalancerLifecycle)?

  /// Touches nothing.
  init(_ fleet: Fleet, time: any Time) throws(PortError) {
    switch fleet.balancer {
    case .managed(let spec):
      let haproxy = try ManagedHAProxy(spec, fleet: fleet, time: time)
      balancer = haproxy
      evidence = SessionLog(
        socket: haproxy.files.administration, unread: haproxy.files.unread,
        directory: "\(fleet.writer.state)/evidence", time: time)
      fence = haproxy
      lifecycle = HAProxyLifecycle(haproxy, spec)
    }
  }

  /// What a balancer of the fleet's kind can do.
  public static func capabilities(of fleet: Fleet) -> BalancerCapabilities {
    switch fleet.balancer {
    case .managed: ManagedHAProxy.capabilities
    }
  }

  /// Who keeps the fleet's balancer running; nil where that is not Sluice's work.
  ///
  /// - Parameter fleetPath: of sluice.yaml, absolute.
  public static func keeper(of fleet: Fleet, fleetPath: String) throws(PortError)
    -> KeeperProcess?
  {
    switch fleet.balancer {
    case .managed(let spec):
      KeeperProcess(fleetPath: fleetPath, files: try HAProxyFiles(directory: spec.directory))
    }
  }
}
