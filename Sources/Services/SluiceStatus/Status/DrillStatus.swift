import SluiceCore
import SluiceJSON

/// The last drill that ended well, and whether the fleet wants another.
public struct DrillStatus: Sendable, Hashable {
  public let record: DrillRecord?
  public let sentence: String
  /// A warning where the last drill is older than the fleet's limit.
  public let severity: Severity

  /// Nil where there is nothing to say: no drill, and no limit.
  ///
  /// - Parameter now: the wall clock, in milliseconds since 1970.
  init?(_ record: DrillRecord?, fleet: Fleet, now: Int64) {
    let warning = fleet.drillWarning(last: record, at: now)
    guard let sentence = [record?.sentence(at: now), warning].compactMap(\.self).nonEmpty
    else { return nil }
    self.record = record
    self.sentence = sentence.joined(separator: ". ")
    severity = warning == nil ? .plain : .warning
  }

  var json: JSONValue {
    guard let record else { return .null }
    return [
      "purpose": .string(record.purpose.rawValue), "from": .string(record.from),
      "to": .string(record.to), "ended": .string(Timestamp.text(record.endedAtMilliseconds)),
      "recovery_ms": record.recoveryMilliseconds.map { .integer($0) } ?? .null,
      "due": .bool(severity == .warning),
    ]
  }
}

extension Array {
  fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
