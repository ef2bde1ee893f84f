/// What a writer may ask of a host without moving anything on it: a closed list. A question has neither
/// an id nor an epoch. It may be asked at any time and as often as wanted, and nobody is fenced.
public indirect enum HostQuestion: Sendable, Hashable, Codable {
  /// Everything that `plan` and `preflight` want to know of a host; with a release also what placing
  /// that one would meet there.
  case survey(of: Release? = nil)
  /// The merged probe as the agent last had it.
  case probe
  /// What became of an operation: the answer to a lost answer.
  case outcome(of: OperationID)
  /// Asks OpenClaw everything that Sluice will ask of it, for a person to read. Takes seconds.
  case check
  /// The gateway's run ledger after a row.
  case runs(after: RunCursor?)
  /// Doctor's findings, and those that were accepted.
  case findings

  /// The questions by their names on the wire.
  public enum CodingKeys: String, CodingKey {
    case survey, probe, outcome, check, runs, findings
  }

  /// What a host answers with, for an error.
  public var subject: String {
    switch self {
    case .survey: "a survey"
    case .probe: "a probe"
    case .outcome(let id): "the outcome of \(id)"
    case .check: "a check"
    case .runs: "its runs"
    case .findings: "its findings"
    }
  }
}

/// The answers as the link carries them; `HostQuery` gives each its type.
public indirect enum HostAnswer: Sendable, Hashable, Codable {
  case survey(HostSurvey)
  case probe(MergedProbe)
  /// Nil: the host remembers no such operation.
  case outcome(OperationRecord?)
  case checked(HostCheck)
  case runs(RunPage)
  case findings(FindingsReport)
}

/// A question together with the type of its answer.
public struct HostQuery<Answer: Sendable>: Sendable {
  public let question: HostQuestion
  private let read: @Sendable (HostAnswer) -> Answer?

  private init(_ question: HostQuestion, _ read: @escaping @Sendable (HostAnswer) -> Answer?) {
    self.question = question
    self.read = read
  }

  /// The answer to this query; nil when it answers another one.
  public func answer(in answer: HostAnswer) -> Answer? { read(answer) }
}

extension HostQuery<HostSurvey> {
  /// - Parameter release: the one that is about to be placed; nil when none is.
  public static func survey(of release: Release? = nil) -> Self {
    Self(.survey(of: release)) { if case .survey(let survey) = $0 { survey } else { nil } }
  }
}

extension HostQuery<MergedProbe> {
  public static var probe: Self {
    Self(.probe) { if case .probe(let probe) = $0 { probe } else { nil } }
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
  /// - Parameter cursor: the last row that is known; nil asks for the newest row alone.
  public static func runs(after cursor: RunCursor?) -> Self {
    Self(.runs(after: cursor)) { if case .runs(let page) = $0 { page } else { nil } }
  }
}

extension HostQuery<FindingsReport> {
  public static var findings: Self {
    Self(.findings) { if case .findings(let report) = $0 { report } else { nil } }
  }
}
