import SluiceCore
import SluiceJSON

// The document `sluice.plan-view/1`.

extension PlanFigures {
  public func json() throws -> JSONValue {
    [
      "schema": "sluice.plan-view/1", "from": from.map { .string($0) } ?? .null,
      "to": .string(to), "ticket": .string(ticket),
      "digest": digest.map { .string($0.text) } ?? .null,
      "blockers": .array(blockers.map { .string($0) }),
      "warnings": .array(warnings.map { .string($0) }),
      "files_changed": filesChanged.map { .integer(Int64($0)) } ?? .null,
      "demands": .array(demands.map { .string($0) }), "balancer": balancerJSON,
      "trial": trial?.json ?? .null,
      "usual_ms": .integer(duration.usualMilliseconds),
      "longest_ms": .integer(duration.longestMilliseconds),
      "plan": try plan.map { try CanonicalJSON.encode($0) } ?? .null,
    ]
  }

  private var balancerJSON: JSONValue {
    guard let balancer else { return .null }
    return [
      "kind": .string(balancerKind.rawValue),
      "can": .array(balancer.can.map { .string($0.rawValue) }),
      "cannot": .array(balancer.cannot.map { .string($0.rawValue) }),
      "consequences": .array(balancer.consequences.map { .string($0) }),
    ]
  }
}
