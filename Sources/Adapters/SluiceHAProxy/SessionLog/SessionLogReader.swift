import SluiceCore
import SluicePorts

/// Turns the bytes of the log into batches: each session once, whatever is replayed.
struct SessionLogReader {
  /// A notice has no number: it is known by the session line that it follows, and its place after
  /// that one, which are the same whenever the log is read again.
  private struct NoticeKey: Hashable {
    var run: UInt64?
    var sequence: Int64
    var place: Int
  }

  /// A line has at most 1,024 bytes; a longer line is not HAProxy's.
  private static let lineLimit = 65_536

  private let beginnings: [UInt64: EvidenceFile.Beginning]
  private var trackers: [UInt64: SequenceTracker] = [:]
  private var noticesSeen: Set<NoticeKey> = []
  private var rest: [UInt8] = []
  private var place = NoticeKey(run: nil, sequence: 0, place: 0)

  /// - Parameter beginnings: The runs that the log knew when the promotion began; any other began
  ///   later and is wanted from its first line. Empty: nothing is known of any.
  init(beginnings: [EvidenceFile.Beginning] = []) {
    self.beginnings = Dictionary(
      beginnings.map { ($0.run, $0) }, uniquingKeysWith: { $0.sequence > $1.sequence ? $0 : $1 })
    trackers = self.beginnings.mapValues { SequenceTracker(after: $0.sequence) }
  }

  /// The last position of every run in a part of the log; `run` is the run at the beginning of the
  /// part, where it is known.
  static func ends(of log: [UInt8], run: UInt64? = nil) -> [EvidenceFile.Beginning] {
    var ends: [UInt64: EvidenceFile.Beginning] = [:]
    var place = NoticeKey(run: run, sequence: 0, place: 0)
    if let run { ends[run] = EvidenceFile.Beginning(run: run, sequence: 0) }
    for line in log.split(separator: UInt8(ascii: "\n")) {
      switch SessionLogLine(trimmed(line)) {
      case .session(let session, let run):
        place = NoticeKey(run: run, sequence: session.sequence, place: 0)
        if session.sequence >= ends[run]?.sequence ?? 0 {
          ends[run] = EvidenceFile.Beginning(run: run, sequence: session.sequence)
        }
      case .notice(let notice) where !notice.text.isEmpty:
        place.place += 1
        if let run = place.run, ends[run]?.sequence == place.sequence {
          ends[run]?.notices = place.place
        }
      case .notice, .malformed, .unassigned: break
      }
    }
    return Array(ends.values)
  }

  /// The sessions that an earlier controller counted.
  mutating func recall(_ entries: [EvidenceFile.Entry], now: Int64) -> [SessionRecord] {
    entries.filter { count($0, now: now) }.map(\.session)
  }

  /// The sessions that an earlier controller counted and did not keep: they are neither lost nor
  /// counted anew.
  mutating func pass(_ left: [EvidenceFile.Left], now: Int64) {
    for range in left {
      let fresh = beginnings.isEmpty ? SequenceTracker() : SequenceTracker(after: 0)
      for number in range.numbers {
        _ = trackers[range.run, default: fresh].insert(number, now: now)
      }
    }
  }

  /// The log is read from its beginning again, that of this run where it is known.
  mutating func restart(run: UInt64? = nil) {
    rest = []
    place = NoticeKey(run: run, sequence: 0, place: 0)
  }

  /// The sessions in further bytes that were not counted before, by their numbers.
  mutating func take(
    _ bytes: [UInt8], now: Int64
  ) -> (entries: [EvidenceFile.Entry], notices: [EvidenceNotice]) {
    rest += bytes
    var entries: [EvidenceFile.Entry] = []
    var notices: [EvidenceNotice] = []
    var malformed = 0
    var start = rest.startIndex
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      switch SessionLogLine(Self.trimmed(rest[start..<end])) {
      case .session(let session, let run):
        place = NoticeKey(run: run, sequence: session.sequence, place: 0)
        let entry = EvidenceFile.Entry(run: run, session: session)
        if isRestart(run) { notices.append("HAProxy was started anew: process \(session.process)") }
        if count(entry, now: now) { entries.append(entry) }
      case .notice(let notice): if isNew(notice) { notices.append(notice) }
      case .malformed: malformed += 1
      case .unassigned: break
      }
      start = end + 1
    }
    rest.removeSubrange(..<start)
    if rest.count > Self.lineLimit { rest = [] }
    if malformed > 0 { notices.append("\(malformed) lines of the session log cannot be read") }
    entries.sort { $0.session.sequence < $1.session.sequence }
    return (entries, notices)
  }

  /// How many lines are missing for longer than the grace.
  mutating func lost(noticedBy moment: Int64) -> Int {
    var lost = 0
    for run in trackers.keys {
      lost = lost.addingClamped(trackers[run]?.giveUp(noticedBy: moment) ?? 0)
    }
    return lost.clampedToJSON
  }

  private mutating func count(_ entry: EvidenceFile.Entry, now: Int64) -> Bool {
    let fresh = beginnings.isEmpty ? SequenceTracker() : SequenceTracker(after: 0)
    return trackers[entry.run, default: fresh].insert(entry.session.sequence, now: now)
  }

  private func isRestart(_ run: UInt64) -> Bool { trackers[run] == nil && !trackers.isEmpty }

  private mutating func isNew(_ notice: EvidenceNotice) -> Bool {
    guard !notice.text.isEmpty else { return false }
    place.place += 1
    guard let run = place.run else { return beginnings.isEmpty }
    if let end = beginnings[run], (place.sequence, place.place) <= (end.sequence, end.notices) {
      return false
    }
    return noticesSeen.insert(place).inserted
  }

  /// HAProxy 3.4 ends notices of dropped lines with a zero byte.
  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let end = line.lastIndex { $0 != 0 && $0 != 0x0D }.map { $0 + 1 } ?? line.startIndex
    let start = line[..<end].firstIndex { $0 != 0 } ?? end
    return line[start..<end]
  }
}
