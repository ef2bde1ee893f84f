import SluiceCore
import SluiceHTTP
import SluiceJSON
import Synchronization

/// An agent's answer over HTTP to this machine.
enum AgentProbe: Sendable, Hashable {
  case silent
  /// The answer to a stranger: `probe_from` does not name this machine.
  case statusAlone
  case probe(MergedProbe)

  /// The time limit for an agent's answer.
  private static let deadline: Duration = .seconds(2)

  /// The caller must shut the client down.
  static func client() -> HTTPClient { HTTPClient() }

  static func ask(_ host: HostSpec, _ client: HTTPClient) async -> AgentProbe {
    let request = HTTPRequest("GET", "http://\(host.probe)/readyz", deadline: deadline)
    guard let response = try? await client.send(request) else { return .silent }
    if let probe = try? CanonicalJSON.decode(MergedProbe.self, from: response.body) {
      return .probe(probe)
    }
    return isStatusAlone(response.body) ? .statusAlone : .silent
  }

  private static func isStatusAlone(_ body: [UInt8]) -> Bool {
    ["ok", "fail"].contains { body == Array("{\"status\":\"\($0)\"}\n".utf8) }
  }

  /// For `sluice check`; nil without a remark.
  func answer(of host: HostSpec) -> GatewayAnswer? {
    guard self == .statusAlone else { return nil }
    return GatewayAnswer(
      capability: "details", asked: "GET http://\(host.probe)/readyz, from here", level: .odd,
      came: "the status alone, as a stranger gets it",
      means: "The balancer's keeper on this machine refuses no gateway that fails hard: name this "
        + "machine's address in probe_from of the sluice.yaml of that host, and restart its agent.",
      milliseconds: 0)
  }
}

/// The agents that answered the keeper as a stranger.
final class UntoldHosts: Sendable {
  private let hosts = Mutex<Set<HostName>>([])

  func note(_ host: HostName, _ answer: AgentProbe) {
    hosts.withLock { hosts in
      if answer == .statusAlone { hosts.insert(host) } else { hosts.remove(host) }
    }
  }

  @Sendable func contains(_ host: HostName) -> Bool { hosts.withLock { $0.contains(host) } }
}
