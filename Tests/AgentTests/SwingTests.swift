import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("Swinging a real host", .serialized)
struct SwingTests {
  @Test("a slice altered on disk is refused before anything is drained")
  func altered() async throws {
    try await TestHost.withPlaced { host, client in
      let file = host.home("skills/1.4.2/greeter/SKILL.md")
      try Files.setMode(host.home("skills/1.4.2/greeter"), 0o755)
      try Files.replace(file, with: Array("altered".utf8))
      let error = await portError { _ = try await client.order(host.swing(to: host.new), "p/1") }
      #expect(error.kind == .refused)
      #expect(error.remedy?.contains("Nothing was moved") == true)
      #expect(await host.gateway.drains == 0)
      #expect(try await client.survey().links.current == "1.4.1")
      #expect(try await client.probe().status == .ok)
    }
  }

  @Test("the drain lets work end, and counts what it cut")
  func counts() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change {
        $0.endingRuns = 3
        $0.stuckRuns = 2
      }
      let report = try await client.swung(host.swing(to: host.new), "p/1")
      #expect(report.drained == 3 && report.cut == 2)
      #expect(await host.gateway.serviceRestarts == 1)
    }
  }

  @Test("with policy back, work that does not end gives up the swing and reopens the gateway")
  func back() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.stuckRuns = 2 }
      let error = await portError {
        _ = try await client.order(host.swing(to: host.new) { $0.atDrainDeadline = .back }, "p/1")
      }
      #expect(error.kind == .refused)
      #expect(error.message.contains("Nothing was moved"))
      #expect(await host.gateway.isDraining == false)
      let survey = try await client.survey()
      #expect(survey.links.current == "1.4.1")
      #expect(survey.probe.status == .ok)
    }
  }

  @Test("restarted by itself, the gateway keeps its pid and proves itself by its boot")
  func inPlace() async throws {
    try await TestHost.withPlaced { host, client in
      let report = try await client.swung(
        host.swing(to: host.new) { $0.restartBy = .gateway }, "p/1")
      #expect(report.after.pid == report.before?.pid)
      #expect(report.after.bootID != report.before?.bootID)
      #expect(await host.gateway.ownRestarts == 1)
      #expect(await host.gateway.serviceRestarts == 0)
    }
  }

  @Test("a process that takes the link up by itself is not restarted if that is not needed")
  func ifNeeded() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.follows = true }
      let report = try await client.swung(
        host.swing(to: host.new) { $0.restart = .ifNeeded }, "p/1")
      #expect(!report.restarted)
      #expect(report.after.bootID == report.before?.bootID)
      #expect(report.after.marker == host.new.marker)
      #expect(await host.gateway.warmUps == 2, "a session that was there before answers after it")
      #expect(report.probe.status == .ok)
    }
  }

  @Test(
    "a pack that is hidden on the host is no release: the way forward says which, and what to do")
  func hidden() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.skillSource = "openclaw-workspace" }
      let error = await portError { _ = try await client.order(host.swing(to: host.new), "p/1") }
      #expect(error.kind == .failed)
      #expect(error.message.contains("hidden by another skill"))
      #expect(error.message.contains("openclaw-workspace"))
      // The rollback is not held up by it.
      let back = try await client.swung(host.swing(to: host.old), "p/2")
      #expect(back.after.marker == host.old.marker)
      #expect(back.probe.status == .degraded)
    }
  }

  @Test("a component that failed before may go on failing, another may not")
  func baseline() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.failing = ["telegram"] }
      let report = try await client.swung(host.swing(to: host.new), "p/1")
      #expect(report.restarted && report.after.marker == host.new.marker)
      #expect(report.probe.status == .fail, "the probe tells of it until somebody accepts it")
      _ = try await client.order(.accept([DoctorFinding(failingComponent: "telegram")]), "p/2")
      _ = try await host.probe { $0.status == .ok }
      await host.gateway.change { $0.failing = ["telegram", "state-database"] }
      let probe = try await host.probe { $0.status == .fail }
      #expect(probe.reasons.contains { $0.message.contains("not ready: state-database") })
    }
  }

  @Test("an older build is restarted even if it shows the new release by itself")
  func oldBuild() async throws {
    let host = try await TestHost(openclaw: "2026.7.1-2")
    try await host.withAgent { client in
      await host.gateway.change { $0.follows = true }
      _ = try await client.order(.place(host.new), "p/place")
      let report = try await client.swung(
        host.swing(to: host.new) { $0.restart = .ifNeeded }, "p/1")
      #expect(report.restarted)
    }
  }

  @Test("a host that runs the release already is proven again, not restarted")
  func idempotent() async throws {
    try await TestHost.withPlaced { host, client in
      let first = try await client.swung(host.swing(to: host.new), "p/1")
      let second = try await client.swung(host.swing(to: host.new), "p/2")
      #expect(first.restarted && !second.restarted)
      #expect(second.after.bootID == first.after.bootID)
      #expect(await host.gateway.serviceRestarts == 1)
    }
  }

  @Test("a process that loads something else is a failure that says how far it came")
  func wrongMarker() async throws {
    try await TestHost.withPlaced { host, client in
      let old = host.old.marker
      await host.gateway.change { $0.loads = old }
      let error = await portError { _ = try await client.order(host.swing(to: host.new), "p/1") }
      #expect(error.kind == .failed)
      #expect(error.message.contains("reports skills 1.4.1"))
      #expect(error.message.contains("current names 1.4.2"))
      #expect(try await client.probe().status == .fail)
      // The same id answers the same, and a rollback is possible.
      let again = await portError { _ = try await client.order(host.swing(to: host.new), "p/1") }
      #expect(again == error)
      let back = try await client.swung(host.swing(to: host.old, next: "1.4.1"), "p/2")
      #expect(back.probe.status == .ok)
    }
  }

  @Test("a warm-up that fails fails the swing")
  func coldStart() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.warmUpFault = PortError(.failed, "502 from the model") }
      let error = await portError { _ = try await client.order(host.swing(to: host.new), "p/1") }
      #expect(error.kind == .failed)
      #expect(error.message.contains("502 from the model"))
      #expect(error.message.contains("ready as boot"))
    }
  }

  @Test(
    "the release that comes is warmed up the way that clients reach the one that goes",
    arguments: [SessionWay.http, .gatewayProtocol, nil])
  func wayOfSessions(way: SessionWay?) async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.way = way }
      _ = try await client.swung(host.swing(to: host.new), "p/1")
      #expect(await host.gateway.waysAsked == [way])
      // A rollback is not held up by it.
      _ = try await client.swung(host.swing(to: host.old, next: "1.4.1"), "p/2")
      #expect(await host.gateway.waysAsked == [way, nil])
    }
  }

  @Test("a service that does not come up again is told by its deadline")
  func neverReady() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.startingLooks = 1_000_000 }
      let error = await portError {
        _ = try await client.order(host.swing(to: host.new) { $0.startMilliseconds = 1_000 }, "p/1")
      }
      #expect(error.kind == .failed)
      #expect(error.message.contains("not ready 1000 ms"))
      #expect(error.message.contains("startup-sidecars"))
    }
  }

  @Test("a gateway that is down is started by the swing, without a drain")
  func down() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.die()
      let report = try await client.swung(
        host.swing(to: host.new) { $0.restartBy = .gateway }, "p/1")
      #expect(report.before == nil)
      #expect(report.after.marker == host.new.marker)
      #expect(await host.gateway.drains == 0)
    }
  }

  @Test("a dirty checkout holds up the way forward, before anything is drained")
  func dirtyForward() async throws {
    try await TestHost.withPlaced { host, client in
      try TestHost.write("x", to: host.home("infra/stray"))
      let error = await portError { _ = try await client.order(host.swing(to: host.new), "p/1") }
      #expect(error.kind == .refused)
      #expect(error.message.contains("stray"))
      #expect(await host.gateway.drains == 0)
    }
  }

  @Test("a dirty checkout does not hold up the rollback, and the probe tells of it")
  func dirtyBack() async throws {
    try await TestHost.withPlaced { host, client in
      _ = try await client.swung(host.swing(to: host.new), "p/1")
      try TestHost.write("x", to: host.home("infra/stray"))
      let report = try await client.swung(host.swing(to: host.old), "p/2")
      #expect(report.after.marker == host.old.marker)
      #expect(report.probe.skills.resolved == "1.4.1")
      // The host's lock on disk is still the other release's.
      #expect(report.probe.status == .fail)
      #expect(report.probe.reasons.map(\.check) == ["release"])
    }
  }

  @Test("one operation at a time: another is refused, the same one is joined")
  func busy() async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.holdDrain(true)
      let operation = host.swing(to: host.new)
      async let first = client.swung(operation, "p/1")
      #expect(await eventually { await host.gateway.isDraining })
      #expect(try await client.survey().busyWith == OperationID(rawValue: "p/1"))
      async let joined = client.swung(operation, "p/1")
      let error = await portError { _ = try await client.order(.place(host.new), "p/2") }
      #expect(error.kind == .refused && error.message.contains("busy with operation p/1"))
      await host.gateway.holdDrain(false)
      let (one, other) = try await (first, joined)
      #expect(one == other)
      #expect(await host.gateway.serviceRestarts == 1)
      #expect(try await client.survey().busyWith == nil)
    }
  }

  @Test("an id names one operation for ever")
  func reusedID() async throws {
    try await TestHost.withPlaced { host, client in
      let error = await portError { _ = try await client.order(.accept([]), "p/place") }
      #expect(error.kind == .refused && error.message.contains("something else before"))
    }
  }
}

@Suite("An agent that was ended in the middle", .serialized)
struct RecoveryTests {
  @Test("the next one finishes the operation, and the same id answers with its end")
  func drained() async throws {
    let host = try await TestHost()
    let operation = host.swing(to: host.new)
    try await host.withAgent { client in
      _ = try await client.order(.place(host.new), "p/1")
      await host.gateway.holdDrain(true)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = try? await client.order(operation, "p/2") }
        _ = await eventually { await host.gateway.isDraining }
        group.cancelAll()
      }
    }
    await host.gateway.holdDrain(false)
    try await host.withAgent { client in
      let id = OperationID(rawValue: "p/2")
      let isDone = try await eventually {
        try await client.ask(.outcome(of: id))?.state == .done
      }
      #expect(isDone)
      let report = try await client.swung(operation, "p/2")
      #expect(report.after.marker == host.new.marker)
      #expect(await host.gateway.serviceRestarts == 1)
      #expect(try await client.survey().busyWith == nil)
    }
  }

  @Test("a restart that had happened is not repeated")
  func restarted() async throws {
    let host = try await TestHost()
    let operation = host.swing(to: host.new)
    let id = OperationID(rawValue: "p/2")
    try await host.withAgent { client in _ = try await client.order(.place(host.new), "p/1") }
    // As an agent leaves it that died just after the service had restarted.
    let before = try await host.gateway.identity()
    do {
      let state = try OperationState(directory: host.spec.paths.state, time: WallTime())
      _ = try await state.begin(id, Epoch(1), operation)
      try await host.services.infra.checkOut(host.new)
      try await state.hold(to: host.new, after: host.old.commit)
      try await host.services.slices.swing(.current, to: "1.4.2", token: "p/2")
      try await state.note(
        .init(
          bootID: before.bootID, pid: before.pid,
          movedAtMilliseconds: SystemClock.wallMilliseconds(), by: .service), of: id)
      _ = try await host.gateway.restart(deadline: .seconds(1))
    }
    try await host.withAgent { client in
      let report = try await client.swung(operation, "p/2")
      #expect(report.restarted)
      #expect(report.after.marker == host.new.marker)
      #expect(await host.gateway.serviceRestarts == 1)
      #expect(await host.gateway.warmUps == 1)
    }
  }

  @Test("what another operation followed is never taken up again, whatever is on record of it")
  func superseded() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      for (version, id) in [(host.new, "p/0"), (host.old, "p/1")] {
        _ = try await client.order(.place(version), id)
      }
    }
    // An agent whose disk refused the record of the swing forward, and took that of the rollback, leaves this.
    do {
      let state = try OperationState(directory: host.spec.paths.state, time: WallTime())
      _ = try await state.begin(OperationID(rawValue: "p/2"), Epoch(1), host.swing(to: host.new))
      _ = try await state.begin(OperationID(rawValue: "p/3"), Epoch(1), host.swing(to: host.old))
    }
    try await host.withAgent { client in
      let report = try await client.swung(host.swing(to: host.old), "p/3")
      #expect(report.after.marker == host.old.marker)
      await #expect(throws: PortError.self) {
        try await client.swung(host.swing(to: host.new), "p/2")
      }
      let identity = try await host.gateway.identity()
      #expect(identity.bootID == report.after.bootID)
    }
  }

  @Test("what it knew survives: epoch, release, accepted findings")
  func memory() async throws {
    let host = try await TestHost()
    let finding = DoctorFinding(
      check: "core/doctor/token", severity: .warning, requirement: nil, path: nil, target: nil,
      message: "plaintext")
    await host.gateway.change { $0.findings = [finding] }
    try await host.withAgent { client in
      let new = try await host.probe()
      #expect(new.status == .degraded && new.doctor["*"]?.status == .yellow)
      #expect(try await client.order(.accept([finding]), "p/1", epoch: 7) == .accepted(count: 1))
      let accepted = try await client.probe()
      #expect(accepted.status == .ok && accepted.doctor["*"]?.accepted == 1)
      _ = try await client.order(.place(host.new), "p/2", epoch: 7)
      _ = try await client.swung(host.swing(to: host.new), "p/3", epoch: 7)
    }
    try await host.withAgent { client in
      #expect(try await client.survey().epoch == Epoch(7))
      let probe = try await host.probe()
      #expect(probe.status == .ok)
      #expect(probe.release.tag == "v1.4.2")
      let error = await portError { _ = try await client.order(.accept([]), "p/4", epoch: 6) }
      #expect(error.kind == .fenced)
    }
  }

  @Test("an acceptance that an earlier version kept keeps no agent from starting")
  func earlierAcceptance() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in _ = try await client.order(.accept([]), "p/1") }
    let name = "operations/\(OperationState.fileName(OperationID(rawValue: "p/1")))"
    let path = host.home("state/\(name)")
    let text = try Files.readText(path)
    let earlier = text.split(separator: "\"accept\":[]").joined(separator: "\"acceptFindings\":{}")
    #expect(earlier != text)
    try Files.replace(path, with: Array(earlier.utf8))
    try await host.withAgent { client in
      let record = try await client.ask(.outcome(of: OperationID(rawValue: "p/1")))
      #expect(record?.report == .accepted(count: 0))
    }
  }

  @Test("state that cannot be read keeps an agent from starting, with the file's name")
  func unreadable() async throws {
    let host = try await TestHost()
    try await host.withAgent { _ in }
    try Files.replace(host.home("state/epoch.json"), with: Array("{}".utf8))
    let error = await portError { try await host.withAgent { _ in } }
    #expect(error.message.contains("state/epoch.json"))
    #expect(error.remedy != nil)
  }
}
