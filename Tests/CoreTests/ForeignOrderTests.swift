import SluiceCore
import SluiceJSON
import Testing

@Suite("Orders of others on a host")
struct ForeignOrderTests {
  private func ids(_ names: String...) -> [OperationID] { names.map(OperationID.init(rawValue:)) }

  private func survey(_ operations: [OperationID]?, epoch: Int64 = 3) -> HostSurvey {
    let probe = MergedProbe(
      status: .ok, reasons: [], release: .init(tag: nil, lockDigest: nil),
      skills: .init(resolved: nil, version: nil, locked: nil, treeIsSound: true),
      openclaw: .init(version: nil, locked: nil, pid: nil, bootID: nil, startedAt: nil),
      doctor: [:], queues: .init(depth: nil, limit: 8), digest: .init(status: .absent, rows: 0),
      probeDigest: Digest(of: [1]), fingerprint: Digest(of: [2]),
      observedAt: "2026-01-01T00:00:00.000Z", ageMilliseconds: 0)
    return HostSurvey(
      host: HostName("mac-a"), sluiceVersion: "0", epoch: Epoch(epoch),
      infra: .init(commit: nil, lockDigest: nil, lock: nil, dirty: []), slices: [],
      links: Links(current: nil, next: nil), tenants: [:], gateway: nil, probe: probe,
      diskFreeBytes: 1, diskTotalBytes: 1, busyWith: nil, operations: operations)
  }

  @Test("what came after the ledger's last one is foreign, what came before it is history")
  func after() {
    let word = LedgerWord(epoch: Epoch(3), operations: Set(ids("p/1", "p/4")))
    #expect(survey(ids("old/1", "p/1", "p/4", "p/99")).foreignOperations(by: word) == ids("p/99"))
    #expect(survey(ids("x/1", "p/1", "y/2", "p/4")).foreignOperations(by: word).isEmpty)
    #expect(survey(ids("p/4", "x/1", "p/5")).foreignOperations(by: word) == ids("x/1", "p/5"))
  }

  @Test("nobody is accused where too little is known")
  func unknown() {
    let word = LedgerWord(epoch: Epoch(3), operations: Set(ids("p/1")))
    #expect(survey(nil).foreignOperations(by: word).isEmpty)
    #expect(survey([]).foreignOperations(by: word).isEmpty)
    #expect(survey(ids("other/1", "other/2")).foreignOperations(by: word).isEmpty)
    #expect(survey(ids("p/1", "p/2")).foreignOperations(by: LedgerWord(epoch: Epoch(3))).isEmpty)
  }

  @Test("a survey of an older agent is read, and one with operations reads back")
  func coding() throws {
    for survey in [survey(nil), survey(ids("p/1"))] {
      #expect(
        try CanonicalJSON.decode(HostSurvey.self, from: CanonicalJSON.bytes(survey)) == survey)
    }
  }
}
