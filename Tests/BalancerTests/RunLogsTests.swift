import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceEvidence

/// A host whose run log the test writes. The host answers nothing else.
private final class LedgerHost: HostClient {
  let host: HostName
  private let rows = Mutex<[RunRow]>([])
  private let fault = Mutex<PortError?>(nil)

  init(_ name: String) { host = HostName(name) }

  func write(_ new: [RunRow]) { rows.withLock { $0 += new } }
  func replace(with new: [RunRow]) { rows.withLock { $0 = new } }
  func fail(_ error: PortError?) { fault.withLock { $0 = error } }

  func answer(
    _ question: HostQuestion, deadline: Duration
  ) async throws(PortError) -> HostAnswer {
    if let fault = fault.withLock({ $0 }) { throw fault }
    guard case .runs(let cursor) = question else { throw PortError(.refused, "not asked for") }
    let rows = rows.withLock { $0 }
    if cursor == nil { return .runs(RunPage(rows: Array(rows.suffix(1)))) }
    return .runs(RunPage(rows, after: cursor, limit: 3))
  }

  func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> HostReport {
    throw PortError(.refused, "not asked for")
  }
}

@Suite("Runs of the gateways' run logs are counted once, however often they are read")
struct RunLedgersTests {
  private static let promotion = PromotionID(rawValue: "p-1")

  private func row(_ sequence: Int64, _ status: RunRow.Status = .started) -> RunRow {
    RunRow(
      sequence: sequence, occurredMilliseconds: 1_000 + sequence, status: status,
      run: "run\(sequence)", session: "s", isOwn: false, event: "event\(sequence)")
  }

  private func reader(
    _ hosts: [LedgerHost], in directory: TemporaryDirectory
  ) throws -> RunReader { try reader(hosts, in: directory.path) }

  private func reader(
    _ hosts: [LedgerHost], in directory: String, time: any Time = RealTime()
  ) throws -> RunReader {
    try RunReader(
      Self.promotion, Dictionary(uniqueKeysWithValues: hosts.map { ($0.host, $0) }),
      directory, time, .milliseconds(1))
  }

  /// The next rows, with what else was said.
  private func sequences(_ reader: RunReader, _ count: Int) async throws -> [Int64] {
    var found: [Int64] = []
    while found.count < count {
      let batch = try #require(await reader.next())
      found += batch.runs.map(\.row.sequence)
    }
    return found
  }

  @Test("what stood there before the promotion is not counted, what comes is, in pages")
  func beginning() async throws {
    let directory = try TemporaryDirectory()
    let host = LedgerHost("mac-a")
    host.write([row(1), row(2)])
    let reader = try reader([host], in: directory)
    let waiting = Task { try await sequences(reader, 7) }
    try await Self.until { try Files.readText(directory("p-1.runs")).contains("after mac-a 2 ") }
    host.write((3...9).map { row($0) })
    #expect(try await waiting.value == Array(3...9))
  }

  @Test("a ledger that is empty when the promotion begins loses nothing")
  func empty() async throws {
    let directory = try TemporaryDirectory()
    let host = LedgerHost("mac-a")
    let reader = try reader([host], in: directory)
    let waiting = Task { try await sequences(reader, 2) }
    try await Self.until { try Files.readText(directory("p-1.runs")).contains("after mac-a 0 0 -") }
    host.write([row(1), row(2, .succeeded)])
    #expect(try await waiting.value == [1, 2])
  }

  @Test("an empty log's first rows may have any number: nothing is missing before them")
  func numbersOfAnEmptyLog() async throws {
    let directory = try TemporaryDirectory()
    let host = LedgerHost("mac-a")
    let reader = try reader([host], in: directory)
    let waiting = Task { try #require(await reader.next()) }
    try await Self.until { try Files.readText(directory("p-1.runs")).contains("after mac-a 0 0 -") }
    host.write([row(5), row(6)])
    let batch = try await waiting.value
    #expect(batch.runs.map(\.row.sequence) == [5, 6] && batch.lost == 0)
  }

  @Test("another reader goes on where the file ends: none twice, none lost, of no host")
  func successor() async throws {
    let directory = try TemporaryDirectory()
    let (one, two) = (LedgerHost("mac-a"), LedgerHost("mac-b"))
    let first = try reader([one, two], in: directory)
    let waiting = Task { try await sequences(first, 4) }
    try await Self.until {
      let text = try Files.readText(directory("p-1.runs"))
      return text.contains("after mac-a") && text.contains("after mac-b")
    }
    one.write([row(1), row(2)])
    two.write([row(1), row(2)])
    #expect(try await waiting.value.sorted() == [1, 1, 2, 2])
    one.write([row(3)])
    // The last line was cut off while it was written: it is asked for again.
    let text = try Files.readText(directory("p-1.runs"))
    try Files.replace(
      directory("p-1.runs"), with: Array(text.utf8.dropLast(5)), durable: false)
    let second = try reader([one, two], in: directory)
    #expect(try await sequences(second, 5).sorted() == [1, 1, 2, 2, 3])
  }

  @Test("a ledger that was put back is begun anew, and rows that are missing are counted")
  func resetAndGaps() async throws {
    let directory = try TemporaryDirectory()
    let host = LedgerHost("mac-a")
    host.write([row(5)])
    let reader = try reader([host], in: directory)
    let waiting = Task { () -> [EvidenceBatch] in
      var batches: [EvidenceBatch] = []
      while batches.reduce(0, { $0 + $1.runs.count }) < 3 {
        batches.append(try #require(await reader.next()))
      }
      return batches
    }
    try await Self.until { try Files.readText(directory("p-1.runs")).contains("after mac-a 5") }
    host.write([row(6), row(9)])
    try await Self.until { try Files.readText(directory("p-1.runs")).contains("mac-a 9 ") }
    host.replace(with: [
      row(1),
      RunRow(
        sequence: 2, occurredMilliseconds: 9_999, status: .started, run: "x", session: nil,
        isOwn: false, event: "other"),
    ])
    let batches = try await waiting.value
    #expect(batches.flatMap(\.runs).map(\.row.sequence) == [6, 9, 2])
    #expect(batches.reduce(0) { $0 + $1.lost } == 2)
    let notices = batches.flatMap(\.notices).map(\.text)
    #expect(notices.contains { $0.contains("is another one than before") })
  }

  @Test("a host that does not answer is told of once, and its rows wait")
  func silent() async throws {
    let directory = try TemporaryDirectory()
    let host = LedgerHost("mac-a")
    let reader = try reader([host], in: directory)
    host.fail(PortError(.unreachable, "it does not answer"))
    let batch = try #require(await reader.next())
    #expect(batch.notices == ["the run log of mac-a is not read: it does not answer"])
    let waiting = Task { try await sequences(reader, 1) }
    host.fail(nil)
    try await Self.until { try Files.readText(directory("p-1.runs")).contains("after mac-a") }
    host.write([row(1)])
    #expect(try await waiting.value == [1])
  }

  /// Never waits: a caller that would have to wait gets no answer.
  private struct NoTime: Time {
    func now() -> Moment { RealTime().now() }
    func sleep(for duration: Duration) async throws(CancellationError) {
      throw CancellationError()
    }
  }

  @Test("a promotion that begins asks at once, and waits between two questions")
  func firstQuestion() async throws {
    let directory = try TemporaryDirectory()
    let host = LedgerHost("mac-a")
    host.fail(PortError(.unreachable, "it does not answer"))
    let reader = try reader([host], in: directory.path, time: NoTime())
    let first = await reader.next()
    #expect(first?.notices == ["the run log of mac-a is not read: it does not answer"])
    #expect(await reader.next() == nil)
  }

  @Test("the file says once what it is and of which promotion, however often it is opened")
  func heading() throws {
    let directory = try TemporaryDirectory()
    let heading = "sluice.runs/1 p-1\n"
    for _ in 0..<2 {
      let (file, contents) = try RunLogFile.open(directory("r"), promotion: Self.promotion)
      #expect(try Files.readText(directory("r")) == heading && contents == .init())
      try file.append([])
    }
    let (file, _) = try RunLogFile.open(directory("r"), promotion: Self.promotion)
    try file.append([.beginning(HostName("mac-a"), row(3).cursor)])
    _ = try RunLogFile.open(directory("r"), promotion: Self.promotion)
    #expect(try Files.readText(directory("r")) == heading + "after mac-a 3 1003 event3\n")
  }

  @Test("rows that a full disk does not take are told of, not counted, and asked for again")
  func fullDisk() async throws {
    guard let disk = try SmallDisk.mounted(megabytes: 2) else {
      print("skipped: a small tmpfs cannot be mounted here (Linux and root are needed)")
      return
    }
    defer { disk.unmount() }
    let host = LedgerHost("mac-a")
    let reader = try reader([host], in: "\(disk.path)/evidence")
    let waiting = Task { await reader.next() }
    try await Self.until {
      try Files.readText("\(disk.path)/evidence/p-1.runs").contains("after mac-a")
    }
    disk.fill()
    // More than the rest of the file's last page.
    host.write([
      RunRow(
        sequence: 1, occurredMilliseconds: 1, status: .started,
        run: String(repeating: "r", count: 30_000), session: nil, isOwn: false, event: "e")
    ])
    let full = try #require(await waiting.value)
    try #require(full.runs.isEmpty && full.reads.isEmpty)
    #expect(full.notices.count == 1)
    #expect(full.notices.first?.text.hasPrefix("the runs of mac-a are not kept: ") == true)
    try disk.clear()
    let later = try #require(await reader.next())
    #expect(later.runs.map(\.row.sequence) == [1] && later.notices.isEmpty)
  }

  @Test("lines are read as they are written, and others are told of")
  func lines() {
    let run = HostRun(host: HostName("mac-a"), row: row(7, .timedOut))
    let begin = RunLogFile.Line.beginning(HostName("mac-b"), row(3).cursor)
    let text = "sluice.runs/1 p-1\n\(begin.text)\n\(RunLogFile.Line.row(run).text)\nnonsense x\n"
    let contents = RunLogFile.parse(Array(text.utf8)[...])
    #expect(contents.runs == [run] && contents.damaged == 1)
    #expect(
      contents.cursors == [HostName("mac-a"): run.row.cursor, HostName("mac-b"): row(3).cursor])
  }

  private static func until(_ condition: () throws -> Bool) async throws {
    #expect(await eventually(within: .seconds(600)) { (try? condition()) == true })
  }
}
