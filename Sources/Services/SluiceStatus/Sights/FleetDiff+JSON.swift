import SluiceCore
import SluiceJSON

extension FleetDiff {
  /// A list; empty where every host that answered is as the release says.
  public var json: JSONValue {
    .array(
      differences.map {
        [
          "host": .string($0.host.rawValue), "subject": .string($0.subject.rawValue),
          "path": .string($0.path), "has": .string($0.has), "wants": .string($0.wants),
        ]
      })
  }
}
