import SluiceCore

/// The kind of a ledger line. The raw value is the line's `kind`, by which `grep` and `jq` select.
///
/// A kind that this version does not know stays as it is, so that lines of newer versions can be
/// read.
public enum LedgerKind: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
  /// A promotion's first line, with its plan.
  case started
  /// A person approved the plan's demands.
  case approved
  /// A controller took the lease.
  case leased
  /// An order is about to run.
  case intended(Command.Kind)
  /// The result of an order; nil: the order had been given up.
  case done(Command.Kind?)
  case failed(Command.Kind?)
  /// An assessment: evidence, verdict and probes.
  case evidence
  /// A person, or the controller itself, made a request.
  case requested(Request.Action)
  /// The last line of a promotion; nil: its conclusion had been given up.
  case ended(Ending?)
  /// Findings are about to be accepted on a host; belongs to no promotion.
  case acceptanceIntended
  case findingsAccepted
  /// A slice is about to be placed on a host of a fleet that is being adopted; belongs to no
  /// promotion.
  case adoptionIntended
  /// The host shows the slice.
  case slicePlaced
  /// A person let Sluice take over a fleet that was run by hand; belongs to no promotion.
  case adopted
  /// Stored items are about to be discarded on a host or on the writer; belongs to no promotion.
  case discardIntended
  case itemsDiscarded
  /// A build is about to be tried on a copy of a host's state; belongs to no promotion.
  case trialIntended
  case buildTried
  /// A torn last line was cut off when the ledger was opened.
  case recovered
  /// Another program changed the ledger's file.
  case altered
  case other(String)

  public enum Ending: String, Sendable, Hashable, CaseIterable {
    case completed, refused, aborted, drilled
    case rolledBack = "rolled_back"

    public init(_ conclusion: Conclusion) {
      switch conclusion {
      case .completed: self = .completed
      case .refused: self = .refused
      case .aborted: self = .aborted
      case .rolledBack: self = .rolledBack
      case .drilled: self = .drilled
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
    case .adoptionIntended: "intent.adopt"
    case .slicePlaced: "slice.placed"
    case .adopted: "fleet.adopted"
    case .discardIntended: "intent.discard"
    case .itemsDiscarded: "items.discarded"
    case .trialIntended: "intent.try"
    case .buildTried: "build.tried"
    case .recovered: "journal.recovered"
    case .altered: "journal.altered"
    case .other(let name): name
    }
  }

  public var description: String { rawValue }

  /// Whether the line only announces an order; includes kinds of newer versions.
  public var isIntent: Bool {
    switch self {
    case .intended, .acceptanceIntended, .adoptionIntended, .discardIntended, .trialIntended: true
    case .other(let name): name.hasPrefix("intent.")
    default: false
    }
  }

  /// Whether an order succeeded; includes kinds of newer versions.
  public var isDone: Bool {
    switch self {
    case .done: true
    case .other(let name): name.hasPrefix("done.")
    default: false
    }
  }

  /// Whether an order failed; includes kinds of newer versions.
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
      .acceptanceIntended, .findingsAccepted, .adoptionIntended, .slicePlaced, .adopted,
      .discardIntended, .itemsDiscarded, .trialIntended, .buildTried, .recovered, .altered,
    ]
    kinds += commands.flatMap { [.intended($0), .done($0), .failed($0)] }
    kinds += Request.Action.allCases.map { .requested($0) }
    return kinds + Ending.allCases.map { .ended($0) }
  }()

  private static let byName = Dictionary(uniqueKeysWithValues: known.map { ($0.rawValue, $0) })
}
