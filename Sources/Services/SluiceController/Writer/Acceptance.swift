import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceStatus
import SluiceSystem

/// Doctor's findings that a person takes as good: shown, and archived with who and why.
public struct Acceptance: Sendable {
  private let services: FleetServices
  private static let lookDeadline = Duration.seconds(90)

  public init(_ services: FleetServices) { self.services = services }

  /// What each host's Doctor found last, and what of it nobody has accepted.
  ///
  /// - Parameter wanted: only these hosts; empty: all gateways.
  public func findings(
    of wanted: [HostName]
  ) async -> [HostName: Result<FindingsReport, PortError>] {
    await HostPoll(links(wanted)).ask(.findings, deadline: Self.lookDeadline)
  }

  private func links(_ wanted: [HostName]) -> [HostName: any HostClient] {
    let gateways = Set(services.fleet.gateways.map(\.name))
    return services.links.filter {
      gateways.contains($0.key) && (wanted.isEmpty || wanted.contains($0.key))
    }
  }

  /// Archives exactly these findings: intent in the ledger, then the hosts, then what they say.
  ///
  /// - Throws: `.fenced` while a controller holds the ledger; otherwise the first host's fault, when
  ///   the others have accepted theirs.
  public func accept(
    _ findings: [HostName: [DoctorFinding]], actor: String, reason: String
  ) async throws(PortError) {
    try await Acceptor(env: services.env).accept(
      findings, name: "accept-\(Randomness.hexadecimal(bytes: 6))", actor: actor, reason: reason)
  }
}
