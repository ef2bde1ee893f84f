import SluiceCore

@testable import SluiceEvidence
@testable import SluiceHAProxy

/// Sources of sessions and runs: HAProxy's log, and the files that Sluice counts in.
extension FuzzParser {
  /// The first byte says in pieces of how many bytes the log comes.
  static let sessionLog = FuzzParser(
    "session-log", maximumBytes: 1_024, words: ["{\"v\":1,\"run\":\"", "\",\"pid\":", "<NOSRV>"]
  ) { bytes in
    let size = Int(bytes.first ?? 0) % 64 + 1
    let bytes = Array(bytes.dropFirst())
    var whole = SessionLogReader()
    let (entries, _) = whole.take(bytes, now: 1)
    var slow = SessionLogReader()
    var one: [EvidenceFile.Entry] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      one += slow.take(Array(bytes[start..<min(start + size, bytes.count)]), now: 1).entries
    }
    one.sort { $0.session.sequence < $1.session.sequence }
    try require(
      one.map(\.session.sequence) == entries.map(\.session.sequence),
      "the log in pieces has other sessions")
    var again = whole
    again.restart()
    try require(again.take(bytes, now: 2).entries.isEmpty, "a session is counted twice")
    try require(
      slow.lost(noticedBy: 2) == whole.lost(noticedBy: 2), "the log in pieces has lost others")
    for end in SessionLogReader.ends(of: bytes, run: 1) { _ = SessionLogReader(beginnings: [end]) }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      switch SessionLogLine(line) {
      case .notice(let text): try require(text.text.utf8.count <= 300, "a notice is too long")
      case .session(let session, _):
        try require(
          session.sequence > 0 && session.activeMilliseconds >= 0
            && session.host.map { HostName.isValid($0.rawValue) } ?? true,
          "a session has a number that no session has")
        var traffic = TenantTraffic(within: 1_000, at: 0)
        traffic.count(session, at: 5_000)
        try require(
          traffic.busy(at: 5_000)?.fault == nil, "a tenant is told that no agent would take")
        var stratum = Stratum(generation: session.generation)
        stratum.count(session)
        _ = session.answerClass
      case .unassigned, .malformed: break
      }
    }
  }

  static let evidenceFile = FuzzParser(
    "evidence-file", maximumBytes: 1_024, words: ["after ", "sluice.evidence/1 p", "canary draw "]
  ) { bytes in
    let contents = EvidenceFile.parse(bytes[...])
    var written: [UInt8] = []
    for entry in contents.entries { entry.write(to: &written) }
    try require(
      EvidenceFile.parse(written[...]).entries == contents.entries,
      "sessions read as other ones")
    var intake = SessionLogReader(beginnings: contents.beginnings)
    let sessions = intake.recall(contents.entries, now: 1)
    try require(sessions.count <= contents.entries.count, "there are more sessions than lines")
    try require(intake.lost(noticedBy: 2) >= 0, "fewer than no lines are lost")
    try require(
      intake.recall(contents.entries, now: 3).isEmpty, "a session is counted twice")
    var stratum = Stratum(generation: 0)
    for session in sessions { stratum.count(session) }
  }

  static let runLedgerFile = FuzzParser(
    "run-ledger-file", maximumBytes: 1_024, words: ["after ", "sluice.runs/1 p", " succeeded "]
  ) { bytes in
    let contents = RunLogFile.parse(bytes[...])
    let lines = contents.runs.map { RunLogFile.Line.row($0) }
    let text = lines.map { $0.text + "\n" }.joined()
    try require(
      RunLogFile.parse(Array(text.utf8)[...]).runs == contents.runs, "rows read as other ones")
    var book = RunTracker(arms: [HostName("mac-a"): .canary, HostName("mac-b"): .stable])
    book.take(contents.runs, lost: 0)
    book.take(
      contents.cursors.map {
        LedgerRead(host: $0.key, atMilliseconds: $0.value.occurredMilliseconds, isNew: true)
      })
    _ = book.neverBegan(generation: 1)
    _ = book.concluded(generation: 1, bound: 1_000)
    _ = book.summary(generation: 1, now: 1_000, bound: 1_000)
    for cursor in contents.cursors.values {
      _ = RunPage(contents.runs.map(\.row), after: cursor, limit: 3)
    }
  }
}
