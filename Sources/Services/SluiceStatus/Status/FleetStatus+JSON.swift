import SluiceCore
import SluiceJSON

// The document `sluice.status/1`.

extension FleetStatus {
  public var json: JSONValue {
    guard let promotion else {
      var members: [String: JSONValue] = [
        "schema": "sluice.status/1", "promotion": .null, "balancer": trouble.json,
        "drill": drill?.json ?? .null,
      ]
      if let adoption {
        members["adopted"] = [
          "release": .string(adoption.release), "actor": .string(adoption.actor),
          "since": .string(adoption.since), "reason": .string(adoption.reason),
        ]
        members["observed"] = observed.flatMap { try? $0.get().json } ?? .null
      }
      return .object(members)
    }
    var members = promotion.members
    members["schema"] = "sluice.status/1"
    members["balancer"] = trouble.json
    members["drill"] = drill?.json ?? .null
    members["ledger_fault"] = ledgerFault.map { .string($0.message) } ?? .null
    return .object(members)
  }
}

extension ObservedTraffic {
  fileprivate var json: JSONValue {
    [
      "since": sinceMilliseconds.map { .string(Timestamp.text($0)) } ?? .null,
      "gateways": .object(
        Dictionary(
          gateways.map { gateway in
            (
              gateway.host.rawValue,
              [
                "sessions": .integer(Int64(gateway.summary.sessions)),
                "errors": .integer(Int64(gateway.summary.errors)),
                "p95_ms": gateway.summary.p95.map { .integer($0) } ?? .null,
                "verdict": .string(gateway.verdict.rawValue),
              ]
            )
          }
        ) { first, _ in first }),
    ]
  }
}

extension PromotionStatus {
  fileprivate var members: [String: JSONValue] {
    [
      "promotion": .string(id.rawValue), "from": .string(from), "to": .string(to),
      "phase": .string(phase.title), "paused": .bool(isPaused), "actor": .string(actor),
      "account": account.map { .string($0) } ?? .null, "ticket": .string(ticket),
      "share": .integer(Int64(weights.share.basisPoints)),
      "tenants": .array(weights.tenants.map { .string($0) }),
      "pinned_sessions": pinnedSessions.map { .integer(Int64($0)) } ?? .null,
      "cohorts": cohorts.flatMap { try? CanonicalJSON.encode($0) } ?? .null,
      "verdict": verdict.map { .string($0.rawValue) } ?? .null,
      "runs": runs.flatMap { try? CanonicalJSON.encode($0) } ?? .null,
      "controlled": .bool(sight != .none), "controller_silent": .bool(sight.silent != nil),
      "stuck": stuck?.json ?? .null,
      "notices": .array(notices.map { .string($0.sentence) }),
      "cut": [
        "connections": .integer(Int64(cuts.connections)), "runs": .integer(Int64(cuts.runs)),
      ],
      "reason": why.map { .string($0) } ?? .null,
      "hosts": .object(
        Dictionary(records.map { ($0.key.rawValue, $0.value.json) }) { first, _ in first }),
    ]
  }
}

extension PromotionStatus.Stuck {
  fileprivate var json: JSONValue {
    [
      "since": .string(Timestamp.text(sinceMilliseconds)), "why": .string(why),
      "share": share.map { .integer(Int64($0.basisPoints)) } ?? .null,
    ]
  }
}

extension PromotionStatus.HostRecord {
  fileprivate var json: JSONValue {
    [
      "runs": .string(runs), "status": status.map { .string($0.rawValue) } ?? .null,
      "fault": fault.map { .string($0) } ?? .null,
    ]
  }
}
