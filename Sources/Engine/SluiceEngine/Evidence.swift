import SluiceCore
import SluicePorts

/// What a controller has heard of the sessions, for the judge, and what was remarked on the way.
public struct Evidence: Sendable {
  private var sorter: StrataBuilder
  /// What was remarked since the last look, newest last.
  private var notices: [Notice] = []
  private static let keptNotices = 5
  private static let noticeLength = 200

  public init(judge: any Judge, runJudge: any Judge) {
    sorter = StrataBuilder(judge: judge, runJudge: runJudge)
  }

  /// Which arm each gateway is in: without it nothing that a run ledger tells is counted.
  mutating func open(arms: [HostName: Arm]) { sorter.open(arms: arms) }

  /// - Parameter now: wall clock, milliseconds since 1970.
  mutating func take(_ batch: EvidenceBatch, now: Int64) {
    sorter.take(batch)
    let gap = batch.lost > 0 ? ["\(batch.lost) lines of evidence are missing"] : []
    let sources = sorter.takeFloods()
    let flood =
      sources > 0
      ? [
        "a flood: \(sources == 1 ? "one source was" : "\(sources) sources were") refused more than "
          + "\(RefusalCap.limit) times in this step; what is beyond that does not count"
      ] : []
    for text in gap + flood + batch.notices {
      notices.append(
        Notice(atMilliseconds: now, text: Speech.text(text, characters: Self.noticeLength)))
    }
    notices.removeFirst(max(0, notices.count - Self.keptNotices))
  }

  /// - Parameter now: wall clock, milliseconds since 1970.
  /// - Returns: what the evidence comes to, and what was remarked since the look before; each remark is
  ///   told once, nil when there is none.
  mutating func assess(generation: Int64, limits: JudgeLimits, now: Int64) -> (
    assessment: Assessment, notices: [Notice]?
  ) {
    defer { notices = [] }
    return (
      sorter.assess(generation: generation, limits: limits, now: now),
      notices.isEmpty ? nil : notices
    )
  }
}
