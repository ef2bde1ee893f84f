import SluiceCore

/// Where sessions are counted: at the balancer, whose clients wait, or in the gateways' own run
/// ledgers, whose agents work. `name` tells them apart.
public protocol EvidenceSource: Sendable {
  var name: String { get }

  /// All sessions of the promotion, oldest first, from its beginning: what an earlier controller
  /// kept, then what the log kept meanwhile, then what comes. Each session once. The stream ends
  /// when it is cancelled.
  func batches(for promotion: PromotionID) async throws(PortError) -> AsyncStream<EvidenceBatch>
}

public struct EvidenceBatch: Sendable, Hashable {
  public var sessions: [SessionRecord]
  /// Rows of run ledgers, of each gateway oldest first.
  public var runs: [HostRun]
  /// Which run ledgers were read to their end for it.
  public var reads: [LedgerRead] = []
  /// Lines that are known to be missing, by gaps in the sequence that were not filled in time.
  public var lost: Int
  /// What else the log said: a server that went down, lines dropped for want of room.
  public var notices: [String]

  public init(
    sessions: [SessionRecord], runs: [HostRun] = [], lost: Int = 0, notices: [String] = []
  ) {
    self.runs = runs
    self.sessions = sessions
    self.lost = lost
    self.notices = notices
  }
}
