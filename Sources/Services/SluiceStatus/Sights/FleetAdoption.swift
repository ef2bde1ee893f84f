import SluiceCore
import SluiceJSON

/// A fleet that was run by hand, as its hosts stand: where they differ, and the good state that can
/// be archived.
public struct FleetAdoption: Sendable {
  public let diff: FleetDiff
  /// The release of most gateways' checkouts; nil: no tag of the writer's checkout names it.
  public let release: Release?
  /// Nil while `obstacles` has any.
  public let snapshot: Snapshot?
  /// Why there is no good state yet, each a sentence.
  public let obstacles: [String]

  /// - Parameters:
  ///   - surveys: of the hosts that answered.
  ///   - silent: why the others did not.
  ///   - fault: why there is no release; nil with one.
  public init(
    _ fleet: Fleet, surveys: [HostName: HostSurvey], silent: [HostName: String],
    release: Release?, fault: String?, balancer: BalancerState?, balancerFault: String?
  ) {
    let diff = FleetDiff(fleet, surveys)
    var obstacles = silent.sorted { $0.key < $1.key }.map {
      "\($0.key) does not answer: \($0.value)"
    }
    if let fault { obstacles.append(fault) }
    if let balancerFault { obstacles.append("the balancer does not answer: \(balancerFault)") }
    if !diff.differences.isEmpty {
      obstacles.append(
        "\(Self.count(diff.differences.count, "difference")) on "
          + "\(diff.hosts.map(\.rawValue).joined(separator: ", ")): bring all hosts to one release")
    }
    for (host, survey) in surveys.sorted(by: { $0.key < $1.key })
    where survey.probe.status == .fail {
      let why = survey.probe.reasons.first { $0.level == .fail }?.message ?? "no reason given"
      obstacles.append("\(host): its probe is fail: \(why)")
    }
    var snapshot: Snapshot?
    if obstacles.isEmpty, let release, let balancer {
      snapshot = PlanCheck.snapshot(
        release: release, fleet: fleet, surveys: surveys, weights: balancer.weights)
      if snapshot == nil { obstacles.append("a gateway does not prove which release it runs") }
    }
    self.diff = diff
    self.release = release
    self.snapshot = snapshot
    self.obstacles = obstacles
  }

  private static func count(_ number: Int, _ word: String) -> String {
    number == 1 ? "1 \(word)" : "\(number) \(word)s"
  }

  /// The document `sluice.adoption/1`.
  public func json(archived: Bool) -> JSONValue {
    [
      "schema": "sluice.adoption/1", "archived": .bool(archived),
      "release": release.map { .string($0.tag) } ?? .null, "differences": diff.json,
      "obstacles": .array(obstacles.map { .string($0) }),
      "hosts": .array((snapshot?.hosts.keys.sorted() ?? []).map { .string($0.rawValue) }),
    ]
  }
}
