import SluiceLedgerStore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("A ledger that is looked at for what is wrong with it")
struct BrokenLedgerTests {
  let directory: TemporaryDirectory
  var path: String { directory("promotions.jsonl") }

  init() throws { directory = try TemporaryDirectory() }

  @Test("nothing is wrong with one that is not there, with an empty one, and with a sound one")
  func sound() async throws {
    #expect(try BrokenLedger.read(path) == nil)
    try Files.create(path, with: [], mode: 0o640)
    #expect(try BrokenLedger.read(path) == nil)
    try await LedgerFile(path: path).append("a")
    #expect(try BrokenLedger.read(path) == nil)
  }

  @Test("one that cannot be read is told with its path, and not taken for none")
  func unreadable() async throws {
    try Files.makeDirectory(path)
    let error = await refusal { _ = try BrokenLedger.read(path) }
    #expect(error?.kind == .failed)
    #expect(error?.message.hasPrefix("the ledger cannot be read: ") == true)
    #expect(error?.remedy?.contains(path) == true)
  }
}
