import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The ledger on disk")
struct LedgerFileTests {
  let directory: TemporaryDirectory
  var path: String { directory("audit/promotions.jsonl") }

  init() throws { directory = try TemporaryDirectory() }

  @Test("a missing ledger is an empty one, and reading does not create it")
  func missing() async throws {
    #expect(try await LedgerFile.kinds(at: path).isEmpty)
    #expect(try Files.status(of: path) == nil)
  }

  @Test("lines are there for the next writer, who goes on with the chain")
  func reopened() async throws {
    let first = LedgerFile(path: path)
    for kind in ["a", "b", "c"] { try await first.append(kind) }
    let added = try await LedgerFile(path: path).append(
      [draft("d"), draft("e")], mayUseReserve: false)
    #expect(added.map(\.n) == [3, 4])
    #expect(try await LedgerFile.kinds(at: path) == ["a", "b", "c", "d", "e"])
    #expect(try Files.status(of: path)?.mode == 0o640)
  }

  @Test("a ledger's directory that others may write to is refused, and left as it is")
  func openDirectory() async throws {
    try Files.makeDirectory(directory("audit"), mode: 0o777)
    let error = await refusal { try await LedgerFile(path: path).append("a") }
    #expect(error?.message.contains("\(directory("audit")) has mode 0777") == true)
    #expect(error?.remedy?.contains("chmod go-w \(directory("audit"))") == true)
    #expect(try Files.status(of: path) == nil)
    try Files.setMode(directory("audit"), 0o755)
    try await LedgerFile(path: path).append("a")
  }

  @Test("a follower reads a line once, waits for half a line, and sees when lines are gone")
  func followed() async throws {
    let writer = LedgerFile(path: path)
    let reader = LedgerFile(path: path)
    var (lines, position) = try await reader.read(after: LedgerPosition())
    #expect(lines.isEmpty)
    for kind in ["a", "b"] { try await writer.append(kind) }
    (lines, position) = try await reader.read(after: position)
    #expect(lines.map(\.kind.rawValue) == ["a", "b"])

    let before = try Files.read(path)
    try await writer.append("c")
    let whole = try Files.read(path)
    try Files.replace(path, with: Array(whole.dropLast(9)))
    (lines, position) = try await reader.read(after: position)
    #expect(lines.isEmpty && position.tornBytes == whole.count - before.count - 9)
    try Files.replace(path, with: whole)
    (lines, position) = try await reader.read(after: position)
    #expect(lines.map(\.kind.rawValue) == ["c"] && position.tornBytes == 0)

    try Files.replace(path, with: before)
    let gone = await refusal { [position] in _ = try await reader.read(after: position) }
    #expect(gone?.message.contains("\(path):3: this line is gone") == true)
  }

  @Test("a batch is written whole or not at all: one line in it that is too long refuses it")
  func batch() async throws {
    let ledger = LedgerFile(path: path)
    try await ledger.append("a")
    let before = try Files.read(path)
    let long = String(repeating: "x", count: 66_000)
    let error = await refusal {
      _ = try await ledger.append([draft("b"), draft("c", note: long)], mayUseReserve: true)
    }
    #expect(error?.kind == .refused)
    #expect(error?.message.contains("line 3: it has") == true)
    #expect(try Files.read(path) == before)
    try await ledger.append("b")
    #expect(try await LedgerFile.kinds(at: path) == ["a", "b"])
    #expect(try await ledger.append([], mayUseReserve: true).isEmpty)
  }

  @Test("the deepest detail that a line can hold is written and read on the ledger's own thread")
  func deepest() async throws {
    var deep = draft("a")
    deep.detail = (1..<63).reduce([:]) { inner, level in level % 2 == 0 ? ["a": inner] : [inner] }
    _ = try await LedgerFile(path: path).append([deep, deep], mayUseReserve: false)
    #expect(try await LedgerFile(path: path).read().map(\.detail) == [deep.detail, deep.detail])
  }

  @Test("an altered line is refused with file and line, and the file is left alone")
  func altered() async throws {
    let writer = LedgerFile(path: path)
    for kind in ["one", "two", "three", "four"] { try await writer.append(kind) }
    let whole = try Files.readText(path)
    try Files.replace(path, with: Array(whole.replacing("two", with: "TWO").utf8))
    let before = try Files.read(path)
    let errors = [
      await refusal { _ = try await LedgerFile(path: path).append("a") },
      await refusal { _ = try await LedgerFile(path: path).read() },
    ]
    for error in errors {
      #expect(error?.kind == .altered)
      #expect(error?.message.contains("\(path):2: its line_sha256 is not") == true)
      #expect(error?.remedy?.contains("copy") == true)
      #expect(error?.remedy?.contains("sluice rollback") == true)
    }
    #expect(try Files.read(path) == before)
  }

  @Test("many who append at once still make one chain")
  func concurrent() async throws {
    let ledger = LedgerFile(path: path)
    try await withThrowingTaskGroup(of: [Int64].self) { group in
      for index in 0..<100 {
        group.addTask {
          try await ledger.append(
            [draft("\(index)"), draft("\(index)")], mayUseReserve: false
          ).map(\.n)
        }
      }
      for try await places in group { #expect(places[1] == places[0] + 1) }
    }
    #expect(try await LedgerFile.kinds(at: path).count == 200)
  }

  // MARK: Other writers

  @Test("who gets the lease back goes on behind what others wrote in between")
  func takingTurns() async throws {
    let (one, other) = (LedgerFile(path: path), LedgerFile(path: path))
    try await one.append("a", epoch: 1)
    try await other.append("b", epoch: 2)
    try await one.append("c", epoch: 3)
    try await other.append("d", epoch: 4)
    #expect(try await LedgerFile.kinds(at: path) == ["a", "b", "c", "d"])
  }

  @Test("a controller that slept through its successor is fenced, and writes nothing")
  func fenced() async throws {
    let (stale, successor) = (LedgerFile(path: path), LedgerFile(path: path))
    try await stale.append("a", epoch: 1)
    try await successor.append("b", epoch: 2)
    let before = try Files.read(path)
    #expect(await refusal { try await stale.append("c", epoch: 1) }?.kind == .fenced)
    #expect(try Files.read(path) == before)
  }

  @Test("a link in the ledger's place is not followed")
  func link() async throws {
    try Files.makeDirectory(directory("audit"))
    try Files.swingLink(path, to: directory("elsewhere"), token: "t")
    #expect(await refusal { try await LedgerFile(path: path).append("a") }?.kind == .failed)
    #expect(try Files.status(of: directory("elsewhere")) == nil)
  }
}
