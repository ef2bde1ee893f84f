import SluiceCore
import SluiceJSON
import SluiceLedger
import Testing

@Suite("Kinds of the ledger's lines")
struct LedgerKindTests {
  @Test("every kind is read as it is written", arguments: LedgerKind.known)
  func known(kind: LedgerKind) throws {
    #expect(LedgerKind(rawValue: kind.rawValue) == kind)
    #expect(try CanonicalJSON.encode(kind) == .string(kind.rawValue))
    #expect(try CanonicalJSON.decode(LedgerKind.self, from: .string(kind.rawValue)) == kind)
  }

  @Test("the ledger's words are these")
  func words() {
    let words: [LedgerKind: String] = [
      .started: "promotion.started", .approved: "promotion.approved", .leased: "lease.acquired",
      .intended(.swing): "intent.swing", .done(.apply): "done.apply",
      .done(nil): "done.superseded", .failed(.archive): "failed.archive",
      .evidence: "evidence", .requested(.rollBack): "request.rollback",
      .ended(.completed): "promotion.completed", .ended(.rolledBack): "promotion.rolled_back",
      .ended(nil): "promotion.ended", .acceptanceIntended: "intent.accept",
      .findingsAccepted: "findings.accepted", .adoptionIntended: "intent.adopt",
      .slicePlaced: "slice.placed", .adopted: "fleet.adopted",
      .discardIntended: "intent.discard", .itemsDiscarded: "items.discarded",
      .trialIntended: "intent.try", .buildTried: "build.tried", .recovered: "journal.recovered",
      .altered: "journal.altered",
    ]
    for (kind, word) in words { #expect(kind.rawValue == word) }
  }

  @Test(
    "a kind of a newer version is kept, and sorted by its first word",
    arguments: ["intent.mirror", "done.mirror", "failed.mirror", "checkpoint.signed", ""])
  func newer(name: String) throws {
    let kind = LedgerKind(rawValue: name)
    #expect(kind == .other(name) && kind.rawValue == name)
    #expect(kind.isIntent == (name == "intent.mirror"))
    #expect(kind.isDone == (name == "done.mirror"))
    #expect(kind.isFailure == (name == "failed.mirror"))
  }
}
