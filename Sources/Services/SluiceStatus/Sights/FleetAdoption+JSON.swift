import SluiceCore
import SluiceJSON

extension FleetAdoption {
  /// The document `sluice.adoption/1`.
  public var json: JSONValue {
    [
      "schema": "sluice.adoption/1", "archived": .bool(isArchived),
      "release": release.map { .string($0.tag) } ?? .null, "good": .bool(snapshot != nil),
      "differences": diff.json, "obstacles": .array(obstacles.map { .string($0) }),
      "hosts": .object(
        Dictionary(hosts.map { ($0.host.rawValue, Self.json($0)) }) { first, _ in first }),
      "next": .string(next.text),
    ]
  }

  private static func json(_ host: HostAdoption) -> JSONValue {
    [
      "proof": .string(host.proof.rawValue), "checkout": host.checkout.map { .string($0) } ?? .null,
      "tree": host.tree.map { .string($0.text) } ?? .null,
      "process": host.marker.map { .string($0.version) } ?? .null,
      "steps": .array(
        host.steps.map { step in
          [
            "where": .string(step.place.rawValue), "why": .string(step.why),
            "commands": .array(step.commands.map { .string($0) }),
          ]
        }),
    ]
  }
}
