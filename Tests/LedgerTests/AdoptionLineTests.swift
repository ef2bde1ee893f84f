import SluiceCore
import SluiceJSON
import SluiceLedger
import Testing

@Suite("The lines of an adoption")
struct AdoptionLineTests {
  private let release = Release(
    tag: "v1.4.1", commit: String(repeating: "a", count: 40), lockDigest: Digest(of: [1]),
    lock: ReleaseLock(
      openclaw: .init(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil),
      skills: .init(version: "1.4.1", tree: Digest(of: [2])), tenants: [:]))

  private func draft(_ content: AdoptionLine.Content) -> LedgerDraft {
    AdoptionLine(
      content, of: release, epoch: Epoch(3),
      at: Moment(wallMilliseconds: 5, monotonicMilliseconds: 6, boot: "b"), actor: "ana",
      reason: "taken over"
    ).draft
  }

  private func entries(_ drafts: [LedgerDraft]) throws -> [LedgerEntry] {
    try LedgerChain().extend(with: drafts).map(\.entry)
  }

  @Test("a host's lines name the host, the operation and the tree")
  func placing() {
    let host = HostName("mac-a")
    let id = OperationID(rawValue: "adopt-1/mac-a")
    for (content, kind) in [
      (AdoptionLine.Content.intended(host, id), LedgerKind.adoptionIntended),
      (.placed(host, id), .slicePlaced),
    ] {
      let line = draft(content)
      #expect(line.kind == kind && line.operation == id.rawValue && line.promotion.isEmpty)
      #expect(line.detail["host"]?.text == "mac-a" && line.to == "v1.4.1" && line.actor == "ana")
      #expect(line.detail["tree"]?.text == release.lock.skills.tree.text)
      #expect(line.detail["reason"]?.text == "taken over")
    }
  }

  @Test("the adoption names its archive, and a replay takes only its epoch")
  func adopted() throws {
    let archive = Digest(of: [9])
    let line = draft(.adopted([HostName("mac-b"), HostName("mac-a")], archive: archive))
    #expect(line.kind == .adopted && line.operation.isEmpty && line.promotion.isEmpty)
    #expect(line.detail["hosts"] == .array([.string("mac-a"), .string("mac-b")]))
    #expect(line.detail["lock_sha256"]?.text == release.lockDigest.text)
    #expect(line.detail["commit"]?.text == release.commit)
    let written = try entries([line])
    let replay = try Replay(written)
    #expect(replay.promotion == nil && replay.epoch == Epoch(3))
    let record = try #require(AdoptionRecord(written[0]))
    #expect(record.archive == archive && record.actor == "ana" && record.reason == "taken over")
    #expect(record.release == "v1.4.1" && record.since == "1970-01-01T00:00:00.005Z")
    let intent = draft(.intended(HostName("mac-a"), OperationID(rawValue: "adopt-1/mac-a")))
    #expect(AdoptionRecord(try entries([intent])[0]) == nil)
  }
}
