import SluiceCore
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

@Suite("Which numbers were seen")
struct SequenceTrackerTests {
  private func insert(_ numbers: [Int64], into tracker: inout SequenceTracker, now: Int64 = 0)
    -> [Bool]
  {
    numbers.map { tracker.insert($0, now: now) }
  }

  @Test("each counts once, in any order") func once() {
    var tracker = SequenceTracker(after: 0)
    #expect(insert([1, 3, 2, 5, 4], into: &tracker).allSatisfy { $0 })
    #expect(insert([1, 2, 3, 4, 5], into: &tracker).allSatisfy { !$0 })
    #expect(tracker.giveUp(noticedBy: 1_000) == 0)
  }

  @Test("what stays away is lost, once, and not wanted any more") func lost() {
    var tracker = SequenceTracker(after: 10)
    _ = insert([14, 20], into: &tracker, now: 100)
    #expect(tracker.giveUp(noticedBy: 99) == 0)
    #expect(insert([12], into: &tracker) == [true])
    // 11, 13 and 15…19.
    #expect(tracker.giveUp(noticedBy: 100) == 7)
    #expect(tracker.giveUp(noticedBy: 1_000) == 0)
    #expect(insert([11, 13, 17], into: &tracker) == [false, false, false])
  }

  @Test("nothing before the beginning is wanted") func beginning() {
    var tracker = SequenceTracker(after: 10)
    #expect(insert([9, 10, 11], into: &tracker) == [false, false, true])
  }

  @Test("without a known beginning, the lowest number is it") func unknownBeginning() {
    var tracker = SequenceTracker()
    #expect(insert([7, 5, 6, 4], into: &tracker).allSatisfy { $0 })
    #expect(tracker.giveUp(noticedBy: 1_000) == 0)
  }

  @Test("any order with any repetitions counts every number once, and the rest as lost")
  func shuffled() {
    var generator = SplitMix64(seed: 7)
    for _ in 0..<50 {
      let present = Set((1...200).filter { _ in Bool.random(using: &generator) }).union([200])
      var numbers = Array(present) + present.filter { _ in Bool.random(using: &generator) }
      numbers.shuffle(using: &generator)
      var tracker = SequenceTracker(after: 0)
      let counted = numbers.count { tracker.insert(Int64($0), now: 0) }
      #expect(counted == present.count)
      #expect(tracker.giveUp(noticedBy: 0) == 200 - present.count)
    }
  }
}

@Suite("The session log's bytes")
struct IntakeTests {
  private func log(_ numbers: ClosedRange<Int64>, run: String = "00000000000a") -> [UInt8] {
    Array(
      numbers.map { SessionLogLineTests.line(run: run, n: "\($0)") + "\n" }.joined().utf8)
  }
  private func numbers(_ entries: [EvidenceFile.Entry]) -> [Int64] {
    entries.map(\.session.sequence)
  }

  @Test("in pieces of any size") func pieces() {
    let bytes = log(1...5)
    for size in [1, 7, 64, 1_000] {
      var intake = SessionLogReader()
      var seen: [Int64] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        seen += numbers(intake.take(piece, now: 0).entries)
      }
      #expect(seen == [1, 2, 3, 4, 5])
    }
  }

  @Test("read again from its beginning, it says only what is new") func replayed() {
    var intake = SessionLogReader()
    _ = intake.take(log(1...5) + Array("Server x is DOWN\n{\"v\":1,".utf8), now: 0)
    intake.restart()
    let again = intake.take(log(1...5) + Array("Server x is DOWN\n".utf8) + log(6...8), now: 0)
    #expect(numbers(again.entries) == [6, 7, 8])
    #expect(again.notices.isEmpty)
  }

  @Test("a promotion begins behind what was logged before, in every run that was there")
  func beginnings() {
    var intake = SessionLogReader(beginnings: [
      .init(run: 0xA, sequence: 3), .init(run: 0xB, sequence: 9),
    ])
    #expect(numbers(intake.take(log(1...5), now: 0).entries) == [4, 5])
    #expect(intake.take(log(1...9, run: "00000000000b"), now: 0).entries.isEmpty)
  }

  @Test("a run that began later is wanted from its first line: what is missing of it is lost")
  func laterRun() {
    var intake = SessionLogReader(beginnings: [.init(run: 0xA, sequence: 3)])
    let (entries, notices) = intake.take(log(5...6, run: "00000000000c"), now: 0)
    #expect(numbers(entries) == [5, 6])
    #expect(notices == ["HAProxy was started anew: process 30492"])
    #expect(intake.lost(noticedBy: 0) == 4)
  }

  @Test("lines that cannot be read are told and lost; the others go on") func malformed() {
    var intake = SessionLogReader(beginnings: [.init(run: 0xA, sequence: 0)])
    let broken = Array("{\"v\":1,\"run\":\"00000000000a\",\"pid\":1,\"n\":\"2\"\n".utf8)
    let (entries, notices) = intake.take(log(1...1) + broken + log(3...3), now: 5)
    #expect(numbers(entries) == [1, 3])
    #expect(notices == ["1 lines of the session log cannot be read"])
    #expect(intake.lost(noticedBy: 5) == 1)
  }

  @Test("a line without an end is not kept for ever") func endless() {
    var intake = SessionLogReader()
    for _ in 0..<40 { _ = intake.take([UInt8](repeating: 0x7B, count: 4_096), now: 0) }
    #expect(numbers(intake.take([0x0A] + log(1...1), now: 0).entries) == [1])
  }

  @Test("where every run ends, and how many notices follow there") func ends() {
    let down = Array("Server x is DOWN\n".utf8)
    let ends = SessionLogReader.ends(
      of: down + log(1...4) + down + down + log(2...3, run: "00000000000b"), run: 0xA)
    #expect(
      Set(ends.map { "\($0.run) \($0.sequence) \($0.notices)" }) == ["10 4 2", "11 3 0"])
    #expect(SessionLogReader.ends(of: down, run: 0xA) == [.init(run: 0xA, sequence: 0, notices: 1)])
  }

  @Test("notices behind a promotion's beginning are told, those before it are not")
  func noticesAfterTheBeginning() {
    let (down, up) = (Array("Server x is DOWN\n".utf8), Array("Server x is UP\n".utf8))
    for lines: Int64 in [0, 3] {
      var noticed = false
      let before = (lines == 0 ? [] : log(1...lines)) + down
      var intake = SessionLogReader(beginnings: SessionLogReader.ends(of: before, run: 0xA))
      for _ in 0..<2 {
        intake.restart(run: 0xA)
        let (entries, notices) = intake.take(before + up, now: 0)
        #expect(entries.isEmpty)
        #expect(notices == (noticed ? [] : ["Server x is UP"]))
        noticed = true
      }
    }
  }
}

@Suite("The evidence file")
struct EvidenceFileTests {
  private func entry(_ n: Int64, _ host: HostName? = HostName("mac-a")) -> EvidenceFile.Entry {
    entry(n, host, nil, nil)
  }

  private func entry(
    _ n: Int64, _ host: HostName?, _ kind: SessionRecord.Kind?, _ tenant: String?
  ) -> EvidenceFile.Entry {
    .init(
      run: 0xABC,
      session: SessionRecord(
        process: 7, sequence: n, assignedMilliseconds: 1_000, arm: .canary, why: .draw,
        generation: 3, host: host, status: 101, ending: "CD--", activeMilliseconds: 12,
        isWebSocket: true, wasRetried: true, source: kind == nil ? nil : 0xBEEF, kind: kind,
        tenant: tenant))
  }

  @Test("a session's tenant is kept, and a field that cannot name one makes the line unreadable")
  func tenants() {
    let entries = [
      entry(1, HostName("mac-a"), .post, "acme"), entry(2, HostName("mac-a"), .post, nil),
      entry(3),
    ]
    var bytes: [UInt8] = []
    for entry in entries { entry.write(to: &bytes) }
    #expect(EvidenceFile.parse(bytes[...]).entries == entries)
    let text = String(decoding: bytes, as: UTF8.self)
    for name in ["Acme", "a\u{1}", "ä", "acme x"] {
      let contents = EvidenceFile.parse(Array(text.replacing("acme", with: name).utf8)[...])
      #expect(contents.damaged == 1 && contents.entries.count == 2, "\(name)")
    }
  }

  @Test("L16: a file that has its size keeps no more, and nobody takes for lost what it left out")
  func full() throws {
    let directory = try TemporaryDirectory()
    let id = PromotionID(rawValue: "p-1")
    let (file, _) = try EvidenceFile.open(directory("e"), promotion: id, limit: 400)
    try file.begin([.init(run: 0xABC, sequence: 0)])
    var kept = 0
    for number in Int64(1)...200 where try file.append([entry(number)]) { kept += 1 }
    #expect((1..<10).contains(kept))
    #expect(try !file.append((201...90_000).map { entry($0) }))
    let size = try #require(try Files.status(of: directory("e"))).size
    #expect(size < 400 + 200 * 20, "\(size) bytes for 90,000 sessions")

    let (_, contents) = try EvidenceFile.open(directory("e"), promotion: id, limit: 400)
    #expect(contents.entries.count == kept && contents.damaged == 0)
    var intake = SessionLogReader(beginnings: contents.beginnings)
    #expect(intake.recall(contents.entries, now: 0).count == kept)
    intake.pass(contents.left, now: 0)
    let later =
      #"{"v":1,"run":"000000000abc","pid":7,"n":"90001","t":"1000","arm":"stable","why":"draw","#
      + #""state":"500:1:3","srv":"mac-b","st":200,"ts":"----","Ta":1,"TR":0,"rc":"0","id":"x","#
      + #""src":"1","w":"post"}"#
    let (entries, _) = intake.take(Array((later + "\n").utf8), now: 0)
    #expect(entries.count == 1)
    #expect(intake.lost(noticedBy: 1_000) == 0)
    // A second reading does not count the lines that the first one left out.
    let again = later.replacing("90001", with: "500")
    #expect(intake.take(Array((again + "\n").utf8), now: 0).entries.isEmpty)
  }

  @Test("numbers that follow each other are left out in one line, those of each run apart")
  func left() {
    var other = entry(8)
    other.run = 0xDEF
    #expect(
      EvidenceFile.left([entry(5), entry(7), entry(6), other, entry(9)]) == [
        .init(run: 0xABC, numbers: 5...7), .init(run: 0xABC, numbers: 9...9),
        .init(run: 0xDEF, numbers: 8...8),
      ])
    let hostile = "left abc 1 9000000000000000000\nleft abc 5 4\nleft abc 0 3\n"
    #expect(EvidenceFile.parse(Array(hostile.utf8)[...]).damaged == 3)
  }

  @Test("is read as it was written, a line that was cut off left out") func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let id = PromotionID(rawValue: "p-1")
    let (file, fresh) = try EvidenceFile.open(directory("e"), promotion: id)
    #expect(fresh.isNew)
    try file.begin([.init(run: 0xABC, sequence: 4)])
    try file.append([entry(5), entry(6, nil)])
    let whole = try Files.read(directory("e"))
    try Files.replace(directory("e"), with: whole.dropLast(9))
    let (again, contents) = try EvidenceFile.open(directory("e"), promotion: id)
    #expect(!contents.isNew)
    #expect(contents.beginnings == [.init(run: 0xABC, sequence: 4)])
    #expect(contents.entries == [entry(5)])
    #expect(contents.damaged == 0)
    try again.append([entry(6, nil)])
    #expect(
      EvidenceFile.parse(try Files.read(directory("e"))[...]).entries == [
        entry(5), entry(6, nil),
      ])
  }
}

@Suite("Floods that HAProxy keeps out of the log")
struct FloodWatchTests {
  @Test("whether sessions were kept out of the log since the look before, also of another process")
  func hidden() {
    var watch = FloodWatch()
    let looks: [(count: Int64?, hides: Bool)] = [
      (nil, false), (7, false), (7, false), (8, true), (nil, false), (8, false), (9, true),
      (0, false), (9, true), (4, true), (4, false),
    ]
    for (index, look) in looks.enumerated() {
      #expect(watch.hidesSessions(look.count) == look.hides, "look \(index)")
    }
  }

  @Test("are told when they begin, and then once a minute with what came since")
  func told() {
    var watch = FloodWatch()
    #expect(watch.isDue(0))
    // Lines from before the promotion are no flood of the promotion.
    #expect(watch.take(500, now: 0) == nil)
    #expect(!watch.isDue(1_999) && watch.isDue(2_000))
    #expect(watch.take(500, now: 2_000) == nil)
    #expect(watch.take(507, now: 4_000)?.hasPrefix("a flood: 7 sessions") == true)
    #expect(watch.take(900, now: 6_000) == nil)
    #expect(watch.take(nil, now: 8_000) == nil)
    #expect(watch.take(1_007, now: 64_000)?.hasPrefix("a flood: 500 sessions") == true)
    // Another process counts from 0.
    #expect(watch.take(3, now: 130_000)?.hasPrefix("a flood: 3 sessions") == true)
  }
}
