import SluiceCore
import SluicePorts

/// The controller's evidence for the judge, and remarks on the evidence.
public struct Evidence: Sendable {
  private var sorter: StrataBuilder
  /// Remarks since the last assessment, newest last.
  private var notices: [Notice] = []
  /// The number of older remarks since the last assessment, which are not kept.
  private var dropped = 0
  /// Nil until the log is being read.
  private var traffic: TenantTraffic?
  private var isCrowded = false
  private static let keptNotices = 5
  private static let noticeLength = 200

  public init(judge: any Judge, runJudge: any Judge) {
    sorter = StrataBuilder(judge: judge, runJudge: runJudge)
  }

  /// Sets the arm of each gateway. Before this, run log rows are not counted.
  mutating func open(arms: [HostName: Arm]) { sorter.open(arms: arms) }

  /// The log is being read from now on.
  ///
  /// - Parameter now: wall clock, milliseconds since 1970.
  mutating func beginTraffic(within milliseconds: Int64, at now: Int64) {
    traffic = TenantTraffic(within: milliseconds, at: now)
  }

  /// The tenants with a session in the last interval; nil if the log cannot tell.
  func busyTenants(at now: Int64) -> BusyTenants? { traffic?.busy(at: now) }

  /// - Returns: a remark where more tenants have traffic than are told, once.
  private mutating func countTraffic(_ batch: EvidenceBatch, now: Int64) -> [EvidenceNotice] {
    guard batch.runs.isEmpty, batch.reads.isEmpty else { return [] }
    if batch.lost > 0 || batch.hidesSessions { traffic?.miss(at: now) }
    for session in batch.sessions { traffic?.count(session, at: now) }
    let crowd = traffic?.crowd(at: now)
    defer { isCrowded = crowd != nil }
    return isCrowded ? [] : crowd.map { [EvidenceNotice($0)] } ?? []
  }

  /// - Parameter now: wall clock, milliseconds since 1970.
  mutating func take(_ batch: EvidenceBatch, now: Int64) {
    sorter.take(batch)
    let crowd = countTraffic(batch, now: now)
    let gap: [EvidenceNotice] =
      batch.lost > 0 ? ["\(batch.lost) lines of evidence are missing"] : []
    let sources = sorter.takeFloods()
    let flood: [EvidenceNotice] =
      sources > 0
      ? [
        EvidenceNotice(
          "a flood: \(sources == 1 ? "one source was" : "\(sources) sources were") refused more than "
            + "\(RefusalCap.limit) times in this step; what is beyond that does not count")
      ] : []
    for notice in gap + flood + crowd + batch.notices {
      notices.append(
        Notice(
          atMilliseconds: now, text: Speech.text(notice.text, characters: Self.noticeLength),
          host: notice.host))
    }
    let excess = max(0, notices.count - Self.keptNotices)
    notices.removeFirst(excess)
    dropped = dropped.addingClamped(excess)
  }

  /// - Parameter now: wall clock, milliseconds since 1970.
  /// - Returns: the assessment, and the remarks since the last one; each remark is returned once,
  ///   nil if there is none.
  mutating func assess(generation: Int64, limits: JudgeLimits, now: Int64) -> (
    assessment: Assessment, notices: [Notice]?
  ) {
    defer { (notices, dropped) = ([], 0) }
    if dropped > 0, let oldest = notices.first {
      // The oldest remark gives its place to the number of all that are left out.
      let count = dropped.addingClamped(1)
      let text = "\(count) remarks before these are left out"
      notices[0] = Notice(atMilliseconds: oldest.atMilliseconds, text: text, leftOut: count)
    }
    return (
      sorter.assess(generation: generation, limits: limits, now: now),
      notices.isEmpty ? nil : notices
    )
  }
}
