import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands
@testable import SluiceController

@Suite("sluice gc")
struct GcCommandTests {
  private let directory: TemporaryDirectory
  private let transcript = Transcript()
  private var fleet: String { directory("sluice.yaml") }

  init() throws {
    directory = try TemporaryDirectory()
    let retention = "retention: {age: 1d, promotions: 1, operations: 40}\n"
    try Files.create(
      fleet, with: Array((ThreeHosts.text(in: directory.path) + retention).utf8), mode: 0o600)
    try Files.makePrivateDirectory(directory("state"))
  }

  private func hosts() -> [ScriptedHost] {
    let items = (1...7).map { number in
      StoredItem(
        .init(.slice, "1.0.\(number)"), bytes: 5_000_000, changedAtMilliseconds: Int64(number),
        uses: number == 1 ? ["current names it"] : [])
    }
    return ThreeHosts.names.map { ScriptedHost($0, items: $0 == "mac-b" ? items : []) }
  }

  private func lines() async throws -> [LedgerEntry] {
    try await LedgerReading.load(try FleetLoader.load(fleet).writer).entries
  }

  @Test("--dry-run only shows what would go; gc removes it, and the ledger keeps that")
  func removing() async throws {
    let hosts = hosts()
    try await CommandWorlds.serving(hosts, in: directory) {
      let arguments = ["gc", "--fleet", fleet]
      #expect(await transcript.run(arguments + ["--dry-run"]) == .changesPending)
      #expect(transcript.data.contains("mac-b   1 go, 5 MB   6 stay"), "\(transcript.data)")
      #expect(transcript.data.contains("goes  slice 1.0.2  5 MB"))
      #expect(transcript.data.contains("mac-a   nothing to remove   0 stay"))
      #expect(transcript.data.contains("Remove it:  sluice gc"))
      #expect(await hosts[1].items.count == 7)
      let none = try await lines()
      #expect(none.isEmpty)

      let done = Transcript()
      #expect(await done.run(arguments + ["--stays", "--by", "ana"]) == .done)
      #expect(done.data.contains("mac-b   removed 1, 5 MB"), "\(done.data)")
      #expect(done.data.contains("stays  slice 1.0.1  5 MB  current names it"))
      #expect(await hosts[1].items.map(\.id.name).contains("1.0.2") == false)
      let written = try await lines()
      #expect(written.map(\.kind) == [.discardIntended, .itemsDiscarded])
      #expect(written.allSatisfy { $0.actor == "ana" && $0.detail["host"]?.text == "mac-b" })
      #expect(written[0].detail["items"]?.elements?.first?.text == "slice 1.0.2")

      let again = Transcript()
      #expect(await again.run(arguments + ["--dry-run", "--json"]) == .done)
      #expect(again.data.contains("\"schema\":\"sluice.gc/1\""))
      #expect(again.data.contains("\"reason\":\"among the newest 5\""))
    }
  }

  @Test("on the writer an item's files go together, and a changed ledger stays")
  func writer() async throws {
    let writer = try FleetLoader.load(fleet).writer
    for path in [
      "state/evidence/p-1.evidence", "state/evidence/p-1.evidence.lock", "state/evidence/p-1.runs",
      "state/plans/aa.json", "state/plans/aa.approval", "state/plans/reserve",
      "state/controllers/2026-01-01.log", "state/controllers/2026-01-01.log.error",
      "promotions.jsonl.torn-3-0a", "promotions.jsonl.altered-3-0a", "promotions.jsonl.reserve",
      "last_good.json",
    ] {
      let folder = path.pathParts.dropLast().joined(separator: "/")
      if !folder.isEmpty { try Files.makePrivateDirectory(directory(folder)) }
      try Files.create(directory(path), with: Array("x".utf8), mode: 0o600)
    }
    let store = WriterItems(writer)
    #expect(
      try store.items().map(\.id.description).sorted() == [
        "controller_log 2026-01-01", "evidence p-1", "plan aa",
        "torn_tail promotions.jsonl.torn-3-0a",
      ])
    for name in ["../../sluice", "", ".", "../evidence/p-1"] {
      let error = #expect(throws: PortError.self) { try store.remove(.init(.evidence, name)) }
      #expect(error?.kind == .refused)
    }
    for item in try store.items() { try store.remove(item.id) }
    #expect(try store.items() == [])
    #expect(
      try Files.names(in: directory.path) == [
        "last_good.json", "promotions.jsonl.altered-3-0a", "promotions.jsonl.reserve",
        "sluice.yaml", "state",
      ])
    #expect(try Files.names(in: directory("state/plans")) == ["reserve"])
    #expect(try Files.names(in: directory("state/evidence")).isEmpty)
    #expect(try Files.names(in: directory("state/controllers")).isEmpty)
  }

  @Test("while a controller holds the lease gc removes nothing; --dry-run still shows")
  func leased() async throws {
    let hosts = hosts()
    let path = try FleetLoader.load(fleet).writer.lockPath
    let lock = try #require(try FileLock.tryAcquire(path, note: "a controller"))
    try await CommandWorlds.serving(hosts, in: directory) {
      #expect(await transcript.run("gc", "--fleet", fleet) == .frozen)
      #expect(transcript.messages.contains("sluice gc --dry-run"))
      #expect(await hosts[1].items.count == 7)
      let shown = Transcript()
      #expect(await shown.run("gc", "--dry-run", "--fleet", fleet) == .changesPending)
    }
    lock.release()
  }

  @Test("a host that does not answer is named, and the others are still cleared")
  func silent() async throws {
    let hosts = hosts()
    try await CommandWorlds.serving(Array(hosts.dropLast()), in: directory) {
      #expect(await transcript.run("gc", "--fleet", fleet) == .error)
      #expect(transcript.data.contains("mac-c   silent"))
      #expect(await hosts[1].items.count == 6)
    }
  }

  @Test("a last good state that cannot be read stops everything")
  func unreadable() async throws {
    try Files.create(directory("last_good.json"), with: Array("{".utf8), mode: 0o600)
    let hosts = hosts()
    try await CommandWorlds.serving(hosts, in: directory) {
      #expect(await transcript.run("gc", "--fleet", fleet) == .error)
      #expect(transcript.messages.contains("Nothing was removed"))
      #expect(await hosts[1].items.count == 7)
    }
  }
}
