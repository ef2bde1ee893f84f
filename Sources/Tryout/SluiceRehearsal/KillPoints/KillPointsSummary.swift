import SluiceJSON

/// The end of a rehearsal of kill points.
public struct KillPointsSummary: Sendable, Hashable {
  public let points: [KillPoints.Point]

  public var wrong: [KillPoints.Point] { points.filter { !$0.faults.isEmpty } }
  public var isAsIntended: Bool { !points.isEmpty && wrong.isEmpty }

  private func count(_ ending: ActReport.Ending) -> Int { points.count { $0.ending == ending } }

  public var lines: [String] {
    [
      "kill points   \(points.count): \(count(.completed)) completed, "
        + "\(count(.rolledBack)) rolled back and verified, \(wrong.count) wrong; "
        + "\(points.reduce(0) { $0 + $1.moved }) conversations moved"
    ]
  }

  public var json: JSONValue {
    [
      "schema": "sluice.rehearsal-killpoints/1", "as_intended": .bool(isAsIntended),
      "points": .array(
        points.map { point in
          [
            "line": .integer(Int64(point.line)), "kind": .string(point.kind.rawValue),
            "ending": .string(point.ending.rawValue),
            "faults": .array(point.faults.map { .string($0) }),
            "moved": .integer(Int64(point.moved)), "milliseconds": .integer(point.milliseconds),
          ]
        }),
    ]
  }
}
