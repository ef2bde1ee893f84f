import SluiceCrypto
import SluiceJSON
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Recovery of a torn ledger")
struct TornTailTests {
  let directory: TemporaryDirectory
  var path: String { directory("promotions.jsonl") }

  init() throws { directory = try TemporaryDirectory() }

  /// Two whole lines and a third one, of which a part can be left out.
  func written() async throws -> (whole: [UInt8], lastStart: Int) {
    let ledger = LedgerFile(path: path)
    try await ledger.append("a")
    try await ledger.append("b")
    let lastStart = try Files.read(path).count
    try await ledger.append("c")
    return (try Files.read(path), lastStart)
  }

  @Test("a line torn at any byte is kept aside, cut off, told of in the ledger and written over")
  func everyLength() async throws {
    let (whole, lastStart) = try await written()
    for cut in lastStart + 1..<whole.count {
      try Files.replace(path, with: Array(whole[..<cut]), durable: false)
      #expect(try await LedgerFile.kinds(at: path) == ["a", "b"])
      #expect(try Files.read(path).count == cut, "reading leaves the tail where it is")

      let ledger = LedgerFile(path: path)
      let added = try await ledger.append([draft("after", epoch: 7)], mayUseReserve: false)
      #expect(added.map(\.kind.rawValue) == ["after"])
      let torn = Array(whole[lastStart..<cut])
      let recovery = try #require(await ledger.recovery)
      #expect(recovery.tornBytes == torn.count)
      #expect(recovery.keptAt == "\(path).torn-3-\(SHA256Digest.hex(torn).prefix(8))")
      #expect(try Files.read(recovery.keptAt) == torn)

      let entries = try await LedgerFile(path: path).read()
      #expect(entries.map(\.kind.rawValue) == ["a", "b", "journal.recovered", "after"])
      #expect(entries[2].detail["torn_len"]?.number == Int64(torn.count))
      #expect(entries[2].detail["torn_sha256"]?.text == SHA256Digest.hex(torn))
      #expect(entries[2].detail["kept"]?.text.map { directory($0) } == recovery.keptAt)
      #expect(entries[2].epoch == added[0].epoch)
      try Files.removeFile(recovery.keptAt)
    }
  }

  @Test(
    "whatever else stands behind the last line feed is set aside as well",
    arguments: [[0], [UInt8](repeating: 0, count: 4_096), [0xFF, 0xFE], Array("\r".utf8)])
  func garbage(tail: [UInt8]) async throws {
    let (whole, _) = try await written()
    try Files.replace(path, with: whole + tail)
    let ledger = LedgerFile(path: path)
    try await ledger.append("d")
    #expect(try Files.read(try #require(await ledger.recovery).keptAt) == tail)
    #expect(try await LedgerFile.kinds(at: path) == ["a", "b", "c", "journal.recovered", "d"])
  }

  @Test("a whole line that is none is refused, even behind good ones; nothing is cut off")
  func wholeGarbage() async throws {
    let (whole, _) = try await written()
    for line in ["\n", "\u{0}\u{0}\n", "{}\n", "{\"a\":1}\n{\"torn"] {
      let bytes = whole + Array(line.utf8)
      try Files.replace(path, with: bytes)
      let error = await refusal { try await LedgerFile(path: path).append("d") }
      #expect(error?.message.contains("\(path):4: ") == true)
      #expect(try Files.read(path) == bytes)
    }
  }

  @Test("a ledger of nothing but a torn first line begins anew, and says so")
  func firstLine() async throws {
    try Files.replace(path, with: Array("{\"n\":0".utf8))
    try await LedgerFile(path: path).append("a")
    #expect(try await LedgerFile.kinds(at: path) == ["journal.recovered", "a"])
  }

  @Test("a tail that cannot be kept aside is not cut off, and nothing is written behind it")
  func notKept() throws {
    let disk = SimulatedDisk(seed: 7)
    func book() -> LedgerWriter<SimulatedDisk> {
      LedgerWriter(path: path, disk: disk, reserve: 4_096)
    }
    var first = book()
    _ = try first.append([draft("a")], mayUseReserve: false)
    try disk.open(path, mode: 0o640, create: false).append(Array("{\"half\":".utf8))
    let before = try disk.read(path)
    disk.strike(.renameFails(.inputOutput, after: 1), file: path)
    var second = book()
    for _ in 0..<2 {
      let error = #expect(throws: PortError.self) {
        try second.append([draft("b", epoch: 2)], mayUseReserve: true)
      }
      #expect(error?.message.contains("the ledger's torn last line cannot be cut off") == true)
    }
    #expect(try disk.read(path) == before)
    // The next writer finds a disk that works again.
    var third = book()
    _ = try third.append([draft("c", epoch: 2)], mayUseReserve: false)
    #expect(try third.read().map(\.kind.rawValue) == ["a", "journal.recovered", "c"])
  }

  @Test("a sound ledger is not recovered")
  func sound() async throws {
    _ = try await written()
    let ledger = LedgerFile(path: path)
    try await ledger.append("d")
    #expect(await ledger.recovery == nil)
    #expect(
      try Files.names(in: directory.path) == ["promotions.jsonl", "promotions.jsonl.reserve"])
  }
}
