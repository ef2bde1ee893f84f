import SluiceCore
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceSignals

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
      var intake = Intake()
      var seen: [Int64] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        seen += numbers(intake.take(piece, now: 0).entries)
      }
      #expect(seen == [1, 2, 3, 4, 5])
    }
  }

  @Test("read again from its beginning, it says only what is new") func replayed() {
    var intake = Intake()
    _ = intake.take(log(1...5) + Array("Server x is DOWN\n{\"v\":1,".utf8), now: 0)
    intake.restart()
    let again = intake.take(log(1...5) + Array("Server x is DOWN\n".utf8) + log(6...8), now: 0)
    #expect(numbers(again.entries) == [6, 7, 8])
    #expect(again.notices.isEmpty)
  }

  @Test("a promotion begins behind what was logged before, in every run that was there")
  func beginnings() {
    var intake = Intake(beginnings: [.init(run: 0xA, sequence: 3), .init(run: 0xB, sequence: 9)])
    #expect(numbers(intake.take(log(1...5), now: 0).entries) == [4, 5])
    #expect(intake.take(log(1...9, run: "00000000000b"), now: 0).entries.isEmpty)
  }

  @Test("a run that began later is wanted from its first line: what is missing of it is lost")
  func laterRun() {
    var intake = Intake(beginnings: [.init(run: 0xA, sequence: 3)])
    let (entries, notices) = intake.take(log(5...6, run: "00000000000c"), now: 0)
    #expect(numbers(entries) == [5, 6])
    #expect(notices == ["HAProxy was started anew: process 30492"])
    #expect(intake.lost(noticedBy: 0) == 4)
  }

  @Test("lines that cannot be read are told and lost; the others go on") func malformed() {
    var intake = Intake(beginnings: [.init(run: 0xA, sequence: 0)])
    let broken = Array("{\"v\":1,\"run\":\"00000000000a\",\"pid\":1,\"n\":\"2\"\n".utf8)
    let (entries, notices) = intake.take(log(1...1) + broken + log(3...3), now: 5)
    #expect(numbers(entries) == [1, 3])
    #expect(notices == ["1 lines of the session log cannot be read"])
    #expect(intake.lost(noticedBy: 5) == 1)
  }

  @Test("a line without an end is not kept for ever") func endless() {
    var intake = Intake()
    for _ in 0..<40 { _ = intake.take([UInt8](repeating: 0x7B, count: 4_096), now: 0) }
    #expect(numbers(intake.take([0x0A] + log(1...1), now: 0).entries) == [1])
  }

  @Test("where every run ends, and how many notices follow there") func ends() {
    let down = Array("Server x is DOWN\n".utf8)
    let ends = Intake.ends(
      of: down + log(1...4) + down + down + log(2...3, run: "00000000000b"), run: 0xA)
    #expect(
      Set(ends.map { "\($0.run) \($0.sequence) \($0.notices)" }) == ["10 4 2", "11 3 0"])
    #expect(Intake.ends(of: down, run: 0xA) == [.init(run: 0xA, sequence: 0, notices: 1)])
  }

  @Test("notices behind a promotion's beginning are told, those before it are not")
  func noticesAfterTheBeginning() {
    let (down, up) = (Array("Server x is DOWN\n".utf8), Array("Server x is UP\n".utf8))
    for lines: Int64 in [0, 3] {
      var noticed = false
      let before = (lines == 0 ? [] : log(1...lines)) + down
      var intake = Intake(beginnings: Intake.ends(of: before, run: 0xA))
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
    .init(
      run: 0xABC,
      session: SessionRecord(
        process: 7, sequence: n, assignedMilliseconds: 1_000, arm: .canary, why: .draw,
        generation: 3, host: host, status: 101, ending: "CD--", activeMilliseconds: 12,
        isWebSocket: true, wasRetried: true))
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
