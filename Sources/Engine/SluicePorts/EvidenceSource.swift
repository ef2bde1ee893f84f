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
  /// Whether the balancer served sessions of a flood that it kept out of its log.
  public var hidesSessions = false
  /// Remarks of the source: a server that went down, lines dropped for lack of space.
  public var notices: [EvidenceNotice]

  public init(
    sessions: [SessionRecord], runs: [HostRun] = [], lost: Int = 0,
    notices: [EvidenceNotice] = []
  ) {
    self.runs = runs
    self.sessions = sessions
    self.lost = lost
    self.notices = notices
  }
}

/// A remark of a source of evidence, for people.
public struct EvidenceNotice: Sendable, Hashable, ExpressibleByStringInterpolation {
  public var text: String
  /// The host, if the notice only says that the balancer stopped or began to send it requests. During a
  /// swing of the host that is expected.
  public var host: HostName?

  public init(_ text: String, host: HostName? = nil) {
    self.text = text
    self.host = host
  }

  public init(stringLiteral text: String) { self.init(text) }
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
