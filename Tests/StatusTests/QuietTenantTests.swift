import SluiceCore
import SluicePorts
import SluiceStatus
import Testing

@Suite("Tenants without traffic, in a host's status")
struct QuietTenantTests {
  private func status(_ traffic: MergedProbe.Traffic?) -> HostStatus {
    var probe = MergedProbe(
      status: .ok, reasons: [], release: .init(tag: nil, lockDigest: nil),
      skills: .init(resolved: "1.4.2", version: "1.4.2", locked: "1.4.2", treeIsSound: true),
      openclaw: .init(version: nil, locked: nil, pid: nil, bootID: nil, startedAt: nil),
      doctor: [
        "acme": .init(status: .red, findings: 3, accepted: 2, new: ["error core/doctor/x"]),
        "globex": .init(status: .green, findings: 1, accepted: 1),
      ],
      queues: .init(depth: 0, limit: 8), digest: .init(status: .clean, rows: 0),
      probeDigest: .zero, fingerprint: .zero, observedAt: "2026-12-01T00:00:00.000Z",
      ageMilliseconds: 0)
    probe.traffic = traffic
    return HostStatus(HostName("mac-a"), arm: .canary, answer: .success(probe))
  }

  private func doctor(_ status: HostStatus) -> String? {
    if case .says(let word) = status.sight { word.doctor } else { nil }
  }

  @Test("a quiet tenant is named, and its colour is not the host's")
  func quiet() {
    let told = status(
      .init(
        toldAt: "2026-12-01T00:00:00.000Z", intervalMilliseconds: 300_000, busy: ["globex"],
        quiet: ["acme"]))
    #expect(doctor(told) == "Doctor green (1 accepted)")
    #expect(told.severity == .good)
    #expect(told.remarks.map(\.subject) == ["tenants"])
    #expect(told.remarks.map(\.severity) == [.plain])
    #expect(
      told.remarks.map(\.text) == [
        "judged: globex; quiet for 5 min, so not judged: acme (1 kind of new findings)"
      ])
  }

  @Test("where no controller told the agent, the host says so, and the worst tenant is shown")
  func untold() {
    let untold = status(
      .init(toldAt: nil, intervalMilliseconds: nil, busy: ["acme", "globex"], quiet: []))
    #expect(doctor(untold) == "Doctor red (3 accepted)")
    #expect(untold.remarks.first?.text.hasPrefix("all judged, because no controller") == true)
    let old = status(nil)
    #expect(old.remarks.isEmpty && doctor(old) == "Doctor red (3 accepted)")
  }
}
