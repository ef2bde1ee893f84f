import SluiceCore
import SluiceJSON

/// The result of a promotion beside one stranger.
public struct StrangerReport: Sendable, Hashable {
  public let stranger: Stranger
  public let count: StrangerCount
  public let ending: ActReport.Ending
  public let reason: String
  public let steps: [ActReport.Step]
  /// Canary sessions that voted, over all steps.
  public let voted: Int
  /// The remarks about floods, by the promotion and by `sluice balancer status`.
  public let named: [String]
  /// Good clients' sessions, and those of them that were lost.
  public let sessions: Int
  public let lost: Int

  /// Empty when the good release was completed, and no client lost an answer.
  public var faults: [String] {
    var faults: [String] = []
    if ending != .completed { faults.append("it did not complete: \(reason)") }
    if lost > 0 { faults.append("\(lost) sessions of others were lost") }
    if count.reached == 0 { faults.append("the stranger reached no gateway") }
    if let words = stranger.mustSay,
      !named.contains(where: { $0.lowercased().contains(words) })
    {
      faults.append("nobody named the flood")
    }
    return faults
  }

  var lines: [String] {
    let statuses = count.statuses.sorted { $0.key < $1.key }
      .map { "\($0.value) x \($0.key == 0 ? "no answer" : "\($0.key)")" }
    let shares = steps.map { "\(Figures.share($0.measured)) of \($0.intended)" }
    return [
      "\(stranger.title): \(count.sent) in \(Wording.duration(count.milliseconds)), "
        + "\(statuses.joined(separator: ", ")); \(count.canary) of \(count.reached) on the canary",
      "  shares seen \(shares.joined(separator: ", ")); \(voted) canary sessions voted; "
        + "\(ending.rawValue); \(sessions) sessions of others, \(lost) lost",
    ] + named.map { "  named: \($0)" } + faults.map { "  WRONG: \($0)" }
  }

  var json: JSONValue {
    let statuses = count.statuses.map { ("\($0.key)", JSONValue.integer(Int64($0.value))) }
    let shares: [JSONValue] = steps.map {
      ["intended": .string("\($0.intended)"), "measured": .string(Figures.share($0.measured))]
    }
    return [
      "stranger": .string(stranger.rawValue), "sent": .integer(Int64(count.sent)),
      "statuses": .object(Dictionary(statuses) { first, _ in first }),
      "canary": .integer(Int64(count.canary)), "reached": .integer(Int64(count.reached)),
      "milliseconds": .integer(count.milliseconds), "ending": .string(ending.rawValue),
      "reason": .string(reason), "shares": .array(shares), "voted": .integer(Int64(voted)),
      "named": .array(named.map { .string($0) }), "sessions": .integer(Int64(sessions)),
      "lost": .integer(Int64(lost)), "faults": .array(faults.map { .string($0) }),
    ]
  }
}

/// The end of a drill of strangers.
public struct StrangersSummary: Sendable, Hashable {
  public let reports: [StrangerReport]

  public init(reports: [StrangerReport]) { self.reports = reports }

  public var wrong: [StrangerReport] { reports.filter { !$0.faults.isEmpty } }
  public var isAsIntended: Bool { !reports.isEmpty && wrong.isEmpty }

  public var lines: [String] {
    reports.flatMap(\.lines) + [
      "strangers   \(reports.count): \(reports.count - wrong.count) decided nothing, "
        + "\(wrong.count) wrong"
    ]
  }

  public var json: JSONValue {
    [
      "schema": "sluice.strangers/1", "as_intended": .bool(isAsIntended),
      "strangers": .array(reports.map(\.json)),
    ]
  }
}
