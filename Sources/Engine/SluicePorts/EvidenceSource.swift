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

extension PromotionID {
  /// What the promotion's evidence is called on disk, without an ending. Refuses a name that could leave
  /// its directory.
  public func evidenceName() throws(PortError) -> String {
    let isPlain = rawValue.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "._-".utf8.contains($0)
    }
    guard isPlain, !rawValue.isEmpty, !rawValue.hasPrefix("."), rawValue.utf8.count <= 200 else {
      throw PortError(.refused, "\"\(rawValue)\" cannot name a file of evidence")
    }
    return rawValue
  }
}
