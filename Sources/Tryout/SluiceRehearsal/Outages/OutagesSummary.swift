import SluiceCore
import SluiceJSON

/// The result of one outage.
public struct OutageReport: Sendable, Hashable {
  public let outage: Outage
  public let clients: SteadyReport
  /// The first new line of `sluice status`; nil: no new line.
  public let said: String?
  /// Faults besides a missed goal.
  public let troubles: [String]

  public init(_ outage: Outage, _ clients: SteadyReport, said: String?, troubles: [String]) {
    self.outage = outage
    self.clients = clients
    self.said = said
    self.troubles = troubles
  }

  /// Empty when it went as it should.
  public var faults: [String] {
    var faults = troubles
    if clients.answered == 0 { faults.append("nobody was served") }
    switch outage.goal {
    case .noneLost where clients.lostInAll > 0: faults.append("none may be lost")
    case .servedAgain(let limit) where clients.longestWithout >= limit:
      faults.append("nobody may go without an answer for \(Wording.duration(limit))")
    default: break
    }
    return faults
  }

  var lines: [String] {
    [
      "\(outage.title): \(clients.sent) sent, \(clients.answered) answered, \(clients.losses); "
        + "longest without an answer \(Wording.duration(clients.longestWithout)); an answer took "
        + "\(Wording.duration(clients.medianAnswer)), at most "
        + Wording.duration(clients.longestAnswer),
      "  status: \(said ?? "nothing of it")",
    ] + faults.map { "  WRONG: \($0)" }
  }

  var json: JSONValue {
    [
      "outage": .string(outage.rawValue), "title": .string(outage.title),
      "clients": clients.json, "status": said.map { .string($0) } ?? .null,
      "faults": .array(faults.map { .string($0) }),
    ]
  }
}

/// The end of a drill.
public struct OutagesSummary: Sendable, Hashable {
  public let reports: [OutageReport]

  public init(reports: [OutageReport]) { self.reports = reports }

  public var wrong: [OutageReport] { reports.filter { !$0.faults.isEmpty } }
  public var isAsIntended: Bool { !reports.isEmpty && wrong.isEmpty }

  public var lines: [String] {
    reports.flatMap(\.lines) + [
      "outages   \(reports.count): \(reports.count - wrong.count) as they should be, "
        + "\(wrong.count) wrong; \(reports.reduce(0) { $0 + $1.clients.sent }) requests, "
        + "\(reports.reduce(0) { $0 + $1.clients.lostInAll }) lost"
    ]
  }

  public var json: JSONValue {
    [
      "schema": "sluice.outages/1", "as_intended": .bool(isAsIntended),
      "outages": .array(reports.map(\.json)),
    ]
  }
}
