import SluiceCore

/// A source of evidence: the balancer's session log or the gateways' run logs.
public protocol EvidenceSource: Sendable {
  /// All sessions of the promotion from its beginning, oldest first, each once: those that an
  /// earlier controller kept, those that the log kept meanwhile, then new ones. The stream ends on
  /// cancellation.
  func batches(for promotion: PromotionID) async throws(PortError) -> AsyncStream<EvidenceBatch>
}

public struct EvidenceBatch: Sendable, Hashable {
  public var sessions: [SessionRecord]
  /// Rows of run logs, oldest first for each gateway.
  public var runs: [HostRun]
  /// Run logs that were read to their end for this batch.
  public var reads: [LedgerRead] = []
  /// Lines known to be missing, from gaps in the sequence that were not filled in time.
  public var lost: Int
  /// Other messages of the log: a server that went down, lines dropped for lack of space.
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
  /// The name of the promotion's evidence on disk, without an extension. Refuses a name that could
  /// leave its directory.
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
