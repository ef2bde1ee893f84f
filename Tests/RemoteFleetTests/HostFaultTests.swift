import SluiceCore
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite(
  "Faults of one host", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, "SKIPPED: \(TestNetwork.obstacle ?? "")"),
  .enabled("SKIPPED: this account may not make network namespaces") {
    try await TestNetwork.isAllowed()
  })
struct HostFaultTests {
  @Test(
    "a host key that changes in the ramp: the promotion waits and names the remedy; with the key recorded it completes"
  )
  func changedKey() async throws {
    try await RemoteFleet.with { fleet in
      let load = try RemoteLoad.start(on: fleet)
      try await fleet.begin("v1.4.2")
      try await fleet.until("the ramp begins") { $0.weights.share > .zero }
      let name = HostName("mac-b")
      let machine = try fleet.machine("mac-b")
      try await machine.endSSHD()
      try await machine.makeHostKey()
      try await machine.startSSHD()
      try await fleet.until("it waits because mac-b is silent") { promotion in
        promotion.watch.map { $0.hosts[name]?.status == nil } ?? false
      }
      var said = ""
      let isNamed = try await eventually {
        said = try await fleet.words("explain")
        return said.contains("the host key of mac-b") && said.contains("is not the recorded one")
      }
      #expect(isNamed, "\(said)")
      #expect(said.contains("sluice check see what is wrong with the host"), "\(said)")
      let check = try await fleet.words("check")
      #expect(check.contains("ssh-keygen -R mac-b"), "\(check)")
      #expect(check.contains("sluice hosts install mac-b"), "\(check)")
      // Nothing of the new release came to the host that nobody could prove to be mac-b.
      #expect(try await machine.current() == "1.4.1")
      #expect(try await fleet.promotion()?.phase.isTerminal == false)

      try fleet.trust()
      try await fleet.until("it ends") { $0.phase.isTerminal }
      await load.stop()
      #expect(try await fleet.promotion()?.phase == .concluded(.completed))
      try await fleet.expectInService("1.4.2")
      let tally = load.tally()
      #expect(tally.good > 0 && tally.all == tally.good, "\(tally.statuses)")
    }
  }

  @Test(
    "the canary's disks fill up in the ramp: a rollback comes to its end, and the next plan names host, path and remedy"
  )
  func fullDisk() async throws {
    try await RemoteFleet.with { fleet in
      let name = HostName("mac-a")
      let machine = try fleet.machine("mac-a")
      try await fleet.network.endProcesses(on: machine.number)
      var disks: [SmallDisk] = []
      defer { for disk in disks { disk.unmount() } }
      for path in [machine.skills, machine.state] {
        disks.append(try await machine.putOnSmallDisk(path))
      }
      try await fleet.boot(name)
      try await fleet.awaitReady(name)
      let load = try RemoteLoad.start(on: fleet)
      try await fleet.begin("v1.4.2")
      try await fleet.until("the ramp begins") { $0.weights.share > .zero }
      #expect(try await machine.current() == "1.4.2")
      for disk in disks { disk.fill(toTheByte: true) }
      let back = try await fleet.sluice("rollback", "--reason", "a full disk", "--detach")
      #expect(back.succeeded, "\(back.errorText)")
      try await fleet.until("it is rolled back") { $0.phase.isTerminal }
      await load.stop()
      let promotion = try #require(try await fleet.promotion())
      guard case .concluded(.rolledBack) = promotion.phase else {
        Issue.record("it ended \(promotion.phase)")
        return
      }
      #expect(promotion.weights.share == .zero)
      try await fleet.expectInService("1.4.1")

      let planned = try await fleet.words("plan", "v1.4.2")
      for path in [machine.skills, machine.state] {
        #expect(planned.contains("free on the disk of \(path). Free some space."), "\(planned)")
      }
      #expect(planned.contains("mac-a: placing v1.4.2 takes"), "\(planned)")
      for disk in disks { try disk.clear() }
      let again = try await fleet.words("plan", "v1.4.2")
      #expect(!again.contains("Free some space"), "\(again)")
    }
  }
}
