import SluiceCore
import SluiceLedger
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite(
  "Faults between machines", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, "SKIPPED: \(TestNetwork.obstacle ?? "")"),
  .enabled("SKIPPED: this account may not make network namespaces") {
    try await TestNetwork.isAllowed()
  })
struct FaultTests {
  @Test("the cable of a host is pulled at each of its operations: the promotion completes")
  func cutAtEveryOperation() async throws {
    try await RemoteFleet.with { fleet in
      let load = try RemoteLoad.start(on: fleet)
      try await fleet.begin("v1.4.2")
      var cut: [String] = []
      var read = 0
      let isOver = try await eventually(within: .seconds(240)) {
        let entries = try await fleet.entries()
        for entry in entries[min(read, entries.count)...] {
          guard case .intended(let order)? = try Recording.event(of: entry),
            let host = order.command.host, let machine = fleet.machines[host],
            [.prepare, .place, .swing].contains(order.command.kind)
          else { continue }
          cut.append("\(order.command.kind) \(host)")
          try await fleet.network.plug(machine.number, false)
          try await SystemClock.sleep(for: .seconds(2))
          try await fleet.network.plug(machine.number, true)
        }
        read = entries.count
        return try await fleet.promotion()?.phase.isTerminal ?? false
      }
      await load.stop()
      let explained = try await fleet.sluice("explain").outputText
      #expect(isOver, "\(explained)")
      // The canary swings three times before the ramp, and each stable host once.
      #expect(cut.count >= 6, "\(cut)")
      #expect(try await fleet.promotion()?.phase == .concluded(.completed), "\(cut)")
      for (name, machine) in fleet.machines {
        #expect(try await machine.current() == "1.4.2", "\(name)")
      }
    }
  }

  @Test("a stable host that freezes, and one that is rebooted in its swing, hold it up and no more")
  func frozenAndRebooted() async throws {
    try await RemoteFleet.with { fleet in
      let load = try RemoteLoad.start(on: fleet)
      try await fleet.begin("v1.4.2")
      try await fleet.until("the ramp begins") { $0.weights.share > .zero }
      let frozen = try fleet.machine("mac-b")
      try await frozen.freeze(true)
      try await fleet.until("it holds because mac-b is silent") {
        $0.watch?.hosts[HostName("mac-b")]?.status == nil && $0.watch != nil
      }
      let explained = try await fleet.sluice("explain").outputText
      #expect(explained.contains("mac-b"), "\(explained)")
      try await frozen.freeze(false)

      let name = HostName("mac-c")
      try await fleet.until("mac-c is swung") { promotion in
        promotion.outstanding.contains { $0.command.kind == .swing && $0.command.host == name }
      }
      try await fleet.network.endProcesses(on: try fleet.machine("mac-c").number)
      try await fleet.boot(name)
      try await fleet.until("it ends", within: .seconds(240)) { $0.phase.isTerminal }
      await load.stop()
      #expect(try await fleet.promotion()?.phase == .concluded(.completed))
      for (name, machine) in fleet.machines {
        #expect(try await machine.current() == "1.4.2", "\(name)")
      }
    }
  }

  @Test("a canary that vanishes in the ramp is named, and rolled back when it is back")
  func vanishedCanary() async throws {
    try await RemoteFleet.with { fleet in
      let load = try RemoteLoad.start(on: fleet)
      try await fleet.begin("v1.4.2")
      try await fleet.until("the ramp begins") { $0.weights.share > .zero }
      let canary = try fleet.machine("mac-a")
      try await fleet.network.plug(canary.number, false)
      let back = try await fleet.sluice("rollback", "--reason", "the canary is gone", "--detach")
      #expect(back.succeeded, "\(back.errorText)")
      try await fleet.until("nobody is sent to the canary") { $0.weights.share == .zero }
      let status = try await fleet.sluice("status").outputText
      #expect(status.contains("mac-a"), "\(status)")
      try await fleet.network.plug(canary.number, true)
      try await fleet.until("it is rolled back", within: .seconds(240)) { $0.phase.isTerminal }
      await load.stop()
      guard case .concluded(.rolledBack)? = try await fleet.promotion()?.phase else {
        Issue.record("\(try await fleet.sluice("status").outputText)")
        return
      }
      #expect(try await canary.current() == "1.4.1")
    }
  }

  @Test("a fifth of a host's packets is lost: the promotion completes")
  func packetLoss() async throws {
    try await RemoteFleet.with { fleet in
      let load = try RemoteLoad.start(on: fleet)
      try await fleet.network.lose(20, at: try fleet.machine("mac-b").number)
      try await fleet.begin("v1.4.2")
      try await fleet.until("it ends", within: .seconds(300)) { $0.phase.isTerminal }
      await load.stop()
      #expect(try await fleet.promotion()?.phase == .concluded(.completed))
    }
  }
}
