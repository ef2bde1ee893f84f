/// The closed list of queries that a writer may send to a host. A query moves nothing, so it has
/// neither id nor epoch: any writer may send one at any time, as often as needed.
public indirect enum HostQuestion: Sendable, Hashable, Codable {
  /// Everything that `plan` and `preflight` need to know about a host; with a release, also the
  /// conditions for placing that release.
  case survey(of: Release? = nil)
  /// The merged probe that the agent took last. With `busy`, the agent first hears which tenants have
  /// traffic; the agent keeps that in memory only, and forgets it after the interval.
  case probe(busy: BusyTenants? = nil)
  /// The same, asked by the writer of this epoch: its word keeps an armed agent from acting by
  /// itself.
  case attend(Epoch, busy: BusyTenants? = nil)
  /// The record of an operation, for a writer that lost the answer.
  case outcome(of: OperationID)
  /// Asks OpenClaw every question that Sluice will ever ask, for a person to read. Takes seconds.
  case check
  /// The rows of the gateway's run log after a cursor.
  case runs(after: RunCursor?)
  /// Doctor's findings and the accepted ones.
  case findings
  /// Everything on the host that `sluice gc` may discard.
  case inventory
  /// The tenants' fragments, file by file, and their faults.
  case tenants

  /// The names of the queries on the wire.
  public enum CodingKeys: String, CodingKey {
    case survey, probe, attend, outcome, check, runs, findings, inventory, tenants
  }

  /// The expected answer, for error messages.
  public var subject: String {
    switch self {
    case .survey: "a survey"
    case .probe, .attend: "a probe"
    case .outcome(let id): "the outcome of \(id)"
    case .check: "a check"
    case .runs: "its runs"
    case .findings: "its findings"
    case .inventory: "its inventory"
    case .tenants: "its tenants' fragments"
    }
  }
}

/// The answers on the wire; `HostQuery` gives each its type.
public indirect enum HostAnswer: Sendable, Hashable, Codable {
  case survey(HostSurvey)
  case probe(MergedProbe)
  /// Nil: the host has no record of the operation.
  case outcome(OperationRecord?)
  case checked(HostCheck)
  case runs(RunPage)
  case findings(FindingsReport)
  case inventory([StoredItem])
  case tenants(FragmentSurvey)
}

/// A query with the type of its answer.
public struct HostQuery<Answer: Sendable>: Sendable {
  public let question: HostQuestion
  private let read: @Sendable (HostAnswer) -> Answer?

  private init(_ question: HostQuestion, _ read: @escaping @Sendable (HostAnswer) -> Answer?) {
    self.question = question
    self.read = read
  }

  /// The answer to this query; nil if the answer belongs to another query.
  public func answer(in answer: HostAnswer) -> Answer? { read(answer) }
}

extension HostQuery<HostSurvey> {
  /// - Parameter release: the release that is about to be placed; nil: none.
  public static func survey(of release: Release? = nil) -> Self {
    Self(.survey(of: release)) { if case .survey(let survey) = $0 { survey } else { nil } }
  }
}

extension HostQuery<MergedProbe> {
  public static var probe: Self {
    Self(.probe()) { if case .probe(let probe) = $0 { probe } else { nil } }
  }
}

extension HostQuery<OperationRecord?> {
  public static func outcome(of id: OperationID) -> Self {
    Self(.outcome(of: id)) { if case .outcome(let record) = $0 { .some(record) } else { nil } }
  }
}

extension HostQuery<HostCheck> {
  public static var check: Self {
    Self(.check) { if case .checked(let check) = $0 { check } else { nil } }
  }
}

extension HostQuery<RunPage> {
  /// - Parameter cursor: the last known row; nil asks only for the newest row.
  public static func runs(after cursor: RunCursor?) -> Self {
    Self(.runs(after: cursor)) { if case .runs(let page) = $0 { page } else { nil } }
  }
}

extension HostQuery<FindingsReport> {
  public static var findings: Self {
    Self(.findings) { if case .findings(let report) = $0 { report } else { nil } }
  }
}

extension HostQuery<[StoredItem]> {
  public static var inventory: Self {
    Self(.inventory) { if case .inventory(let items) = $0 { items } else { nil } }
  }
}

extension HostQuery<FragmentSurvey> {
  public static var tenants: Self {
    Self(.tenants) { if case .tenants(let survey) = $0 { survey } else { nil } }
  }
}
