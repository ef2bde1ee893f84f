import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceStatus
import SluiceSystem

/// A person's acceptance of Doctor's findings: shows them, and archives them with actor and reason.
public struct Acceptance: Sendable {
  private let services: FleetServices
  private static let queryDeadline = Duration.seconds(90)

  public init(_ services: FleetServices) { self.services = services }

  /// Each host's last Doctor findings, and the accepted ones.
  ///
  /// - Parameter wanted: only these hosts; empty: all gateways.
  public func findings(
    of wanted: [HostName]
  ) async -> [HostName: Result<FindingsReport, PortError>] {
    await HostPoll(hosts(wanted)).ask(.findings, deadline: Self.queryDeadline)
  }

  private func hosts(_ wanted: [HostName]) -> [HostName: any HostClient] {
    let gateways = Set(services.fleet.gateways.map(\.name))
    return services.hosts.filter {
      gateways.contains($0.key) && (wanted.isEmpty || wanted.contains($0.key))
    }
  }

  /// Accepts exactly these findings: intents in the ledger, then the hosts, then their answers.
  ///
  /// - Throws: `.fenced` while a controller holds the lease; otherwise the first host's fault,
  ///   after the other hosts have accepted theirs.
  public func accept(
    _ findings: [HostName: [DoctorFinding]], actor: String, reason: String
  ) async throws(PortError) {
    try await Acceptor(env: services.env).accept(
      findings, name: "accept-\(Randomness.hexadecimal(bytes: 6))", actor: actor, reason: reason)
  }
}
