import SluiceCore
import SluiceLedgerStore
import SluiceLedger
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The ledger's head")
struct HeadTests {
  @Test("a chain that somebody computed anew to its end reads well, and has another head")
  func rewritten() async throws {
    let home = try TemporaryDirectory()
    let ledger = LedgerFile(path: home("l.jsonl"))
    for number in 0..<5 { try await ledger.append("test.\(number)") }
    let (entries, position) = try await LedgerFile(path: home("l.jsonl"))
      .read(after: LedgerPosition())
    let kept = position.head
    #expect(entries.count == 5)
    var chain = LedgerChain()
    var bytes: [UInt8] = []
    for entry in entries {
      var draft = draft(entry.kind.rawValue)
      draft.actor = "mallory"
      draft.account = entry.account
      for line in try chain.extend(with: [draft]) {
        try chain.take(line)
        bytes += line.bytes + [UInt8(ascii: "\n")]
      }
    }
    try Files.replace(home("l.jsonl"), with: bytes)
    let (forged, after) = try await LedgerFile(path: home("l.jsonl")).read(after: LedgerPosition())
    #expect(forged.map(\.actor) == Array(repeating: "mallory", count: 5), "the chain says nothing")
    #expect(after.head != kept)
  }

  @Test("every line names the account that wrote it, beside the actor that was typed")
  func account() async throws {
    let home = try TemporaryDirectory()
    let ledger = LedgerFile(path: home("l.jsonl"))
    try await ledger.append("test")
    let entry = try #require(try await ledger.read().first)
    #expect(entry.actor == "ana")
    #expect(entry.account == "\(HostFacts.userName) (\(HostFacts.userIdentifier))")
    let text = try Files.readText(home("l.jsonl"))
    #expect(text.hasPrefix(#"{"account":""#))
  }

  @Test("lines of a version that named no account are read, and go on")
  func older() async throws {
    let home = try TemporaryDirectory()
    let lines = try LedgerChain().extend(with: [draft("old.1"), draft("old.2")])
    #expect(!String(decoding: lines[0].bytes, as: UTF8.self).contains("account"))
    try Files.replace(home("l.jsonl"), with: lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] })
    let ledger = LedgerFile(path: home("l.jsonl"))
    try await ledger.append("new")
    let entries = try await ledger.read()
    #expect(entries.map(\.kind.rawValue) == ["old.1", "old.2", "new"])
    #expect(entries.map { $0.account == nil } == [true, true, false])
  }
}
