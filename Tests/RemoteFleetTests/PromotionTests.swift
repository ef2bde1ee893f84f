import SluiceCore
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite(
  "A fleet of machines with addresses of their own", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, "SKIPPED: \(TestNetwork.obstacle ?? "")"),
  .enabled("SKIPPED: this account may not make network namespaces") {
    try await TestNetwork.isAllowed()
  })
struct PromotionTests {
  @Test("check, plan, a good release and a bad one: nobody loses an answer, every host ends equal")
  func goodAndBad() async throws {
    try await RemoteFleet.with { fleet in
      let check = try await fleet.sluice("check")
      #expect(check.succeeded, "\(check.outputText)\(check.errorText)")
      let load = try RemoteLoad.start(on: fleet)

      try await fleet.begin("v1.4.2")
      try await fleet.until("the good release is everywhere") { $0.phase.isTerminal }
      #expect(try await fleet.promotion()?.phase == .concluded(.completed))
      for (name, machine) in fleet.machines {
        #expect(try await machine.current() == "1.4.2", "\(name)")
      }
      let good = load.tally()
      #expect(good.good > 0 && good.all == good.good, "\(good.statuses)")

      try await fleet.begin("v1.5.0")
      try await fleet.until("the bad release is gone") { $0.phase.isTerminal }
      let end = try await fleet.promotion()?.phase
      guard case .concluded(.rolledBack)? = end else {
        Issue.record("it ended \(end.map { "\($0)" } ?? "nowhere")")
        return
      }
      for (name, machine) in fleet.machines {
        #expect(try await machine.current() == "1.4.2", "\(name)")
      }
      await load.stop()
      // The release's own errors are what rolled it back; the balancer and the motions lose nothing.
      let all = load.tally()
      #expect(all.all == all.good + all.releaseErrors, "\(all.statuses)")
      let status = try await fleet.sluice("status", "--json")
      #expect(status.outputText.contains("rolled"), "\(status.outputText)")
    }
  }

  @Test("a host whose key changed is refused, in words; with the key trusted it is asked again")
  func changedKey() async throws {
    try await RemoteFleet.with { fleet in
      let machine = try fleet.machine("mac-b")
      try await fleet.network.endProcesses(on: machine.number)
      try await machine.makeHostKey()
      try await fleet.boot(HostName("mac-b"))
      try await fleet.awaitReady(HostName("mac-b"))
      let refused = try await fleet.sluice("check")
      let said = refused.outputText + refused.errorText
      #expect(!refused.succeeded && said.contains("mac-b") && said.contains("key"), "\(said)")
      let planned = try await fleet.sluice("plan", "v1.4.2")
      #expect(!planned.succeeded, "\(planned.outputText)")
      try fleet.trust()
      let check = try await fleet.sluice("check")
      #expect(check.succeeded, "\(check.outputText)\(check.errorText)")
    }
  }
}
