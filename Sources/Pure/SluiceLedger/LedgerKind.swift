import SluiceCore

/// What a line of the ledger tells. The raw value is the line's `kind`, by which `grep` and `jq` select.
///
/// A kind that this version does not know is kept as it is, so that lines of newer versions can be read.
public enum LedgerKind: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
  /// A promotion's first line, with its plan.
  case started
  /// A person accepted what the plan demands.
  case approved
  /// A controller took the lease.
  case leased
  /// An order is about to be carried out.
  case intended(Command.Kind)
  /// What an order came to; nil: of an order that nobody waited for any more.
  case done(Command.Kind?)
  case failed(Command.Kind?)
  /// What the judge and the probes say.
  case evidence
  /// A person, or the controller itself, asks for something.
  case requested(Request.Action)
  /// A promotion's last line; nil: its conclusion had been given up.
  case ended(Ending?)
  /// Findings are about to be accepted on a host; of no promotion.
  case acceptanceIntended
  case findingsAccepted
  /// Half a line was cut off when the ledger was opened.
  case recovered
  /// The ledger's file was changed by somebody else.
  case altered
  case other(String)

  public enum Ending: String, Sendable, Hashable, CaseIterable {
    case completed, refused, aborted
    case rolledBack = "rolled_back"

    public init(_ conclusion: Conclusion) {
      switch conclusion {
      case .completed: self = .completed
      case .refused: self = .refused
      case .aborted: self = .aborted
      case .rolledBack: self = .rolledBack
      }
    }
  }

  public init(rawValue: String) { self = Self.byName[rawValue] ?? .other(rawValue) }

  public var rawValue: String {
    switch self {
    case .started: "promotion.started"
    case .approved: "promotion.approved"
    case .leased: "lease.acquired"
    case .intended(let command): "intent.\(command.rawValue)"
    case .done(let command): "done.\(command?.rawValue ?? Self.superseded)"
    case .failed(let command): "failed.\(command?.rawValue ?? Self.superseded)"
    case .evidence: "evidence"
    case .requested(let action): "request.\(action.rawValue)"
    case .ended(let ending): "promotion.\(ending?.rawValue ?? "ended")"
    case .acceptanceIntended: "intent.accept"
    case .findingsAccepted: "findings.accepted"
    case .recovered: "journal.recovered"
    case .altered: "journal.altered"
    case .other(let name): name
    }
  }

  public var description: String { rawValue }

  /// Whether something is only announced; of a newer version's kinds, too.
  public var isIntent: Bool {
    switch self {
    case .intended, .acceptanceIntended: true
    case .other(let name): name.hasPrefix("intent.")
    default: false
    }
  }

  /// Whether an order was carried out; of a newer version's kinds, too.
  public var isDone: Bool {
    switch self {
    case .done: true
    case .other(let name): name.hasPrefix("done.")
    default: false
    }
  }

  /// Whether an order was not carried out; of a newer version's kinds, too.
  public var isFailure: Bool {
    switch self {
    case .failed: true
    case .other(let name): name.hasPrefix("failed.")
    default: false
    }
  }

  private static let superseded = "superseded"

  /// All kinds that this version writes.
  public static let known: [LedgerKind] = {
    let commands = Command.Kind.allCases
    var kinds: [LedgerKind] = [
      .started, .approved, .leased, .evidence, .done(nil), .failed(nil), .ended(nil),
      .acceptanceIntended, .findingsAccepted, .recovered, .altered,
    ]
    kinds += commands.flatMap { [.intended($0), .done($0), .failed($0)] }
    kinds += Request.Action.allCases.map { .requested($0) }
    return kinds + Ending.allCases.map { .ended($0) }
  }()

  private static let byName = Dictionary(uniqueKeysWithValues: known.map { ($0.rawValue, $0) })
}
