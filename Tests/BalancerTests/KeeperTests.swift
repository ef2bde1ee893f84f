import SluiceCore
import SluiceController
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceHAProxy

/// The gateways' states, as a test tells them to the keeper.
private final class Agents: Sendable {
  private let probes = Mutex<[HostName: MergedProbe]>([:])

  func say(_ host: HostName, _ probe: MergedProbe?) { probes.withLock { $0[host] = probe } }
  func probe(_ host: HostName) -> MergedProbe? { probes.withLock { $0[host] } }

  static func probe(
    _ status: MergedProbe.Status = .ok, _ reasons: [MergedProbe.Reason] = [],
    serving: MergedProbe.Serving? = .init(ready: true)
  ) -> MergedProbe {
    var probe = MergedProbe(
      status: status, reasons: reasons, release: .init(tag: nil, lockDigest: nil),
      skills: .init(resolved: nil, version: nil, locked: nil, treeIsSound: true),
      openclaw: .init(version: nil, locked: nil, pid: nil, bootID: nil, startedAt: nil),
      doctor: [:], queues: .init(depth: 0, limit: 8), digest: .init(status: .clean, rows: 0),
      probeDigest: .zero, fingerprint: .zero, observedAt: "2026-11-29T00:00:00.000Z",
      ageMilliseconds: 0)
    probe.serving = serving
    return probe
  }

  static func hard(_ message: String = "new error core/doctor/x") -> MergedProbe {
    probe(
      .fail, [.init(check: "doctor", level: .fail, message: message, tenant: nil, isHard: true)])
  }

  static func soft(_ check: String) -> MergedProbe {
    probe(.fail, [.init(check: check, level: .fail, message: "it is not known")])
  }
}

/// A keeper at work beside a rig's HAProxy.
private enum Kept {
  static func with(
    _ body: (Rig, Agents, @escaping @Sendable () -> KeeperRecord) async throws -> Void
  )
    async throws
  {
    try await Rig.with { rig in
      let agents = Agents()
      for host in rig.fleet.gateways { agents.say(host.name, Agents.probe()) }
      let box = RecordBox()
      let keeper = BalancerKeeper(
        fleet: rig.fleet, balancer: try rig.another(), time: RealTime(), isService: false,
        probe: { agents.probe($0.name) }, publish: { box.record = $0 }, log: { _ in })
      let task = Task { await keeper.run { false } }
      let result: Result<Void, any Error>
      do { result = .success(try await body(rig, agents, { box.record })) } catch {
        result = .failure(error)
      }
      task.cancel()
      await task.value
      try result.get()
    }
  }
}

private final class RecordBox: Sendable {
  private let state = Mutex(KeeperRecord())
  var record: KeeperRecord {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

@Suite(
  "The balancer's keeper", .enabled(if: hasTool("haproxy"), "haproxy is not installed"),
  .timeLimit(.minutes(2)))
struct KeeperTests {
  private static let bad = Rig.stables[0]
  private static let good = Rig.stables[1]

  /// Every new session is served, one after the other.
  private func allServed(_ rig: Rig, count: Int = 40) async throws -> Bool {
    let drawn = try await rig.draw(count)
    return drawn.canary + drawn.stable == count
  }

  @Test("a gateway that fails hard leaves while enough others are well, and comes back")
  func hardFailure() async throws {
    try await Kept.with { rig, agents, record in
      agents.say(Self.bad, Agents.hard())
      try #require(
        await eventually { try await rig.balancer.read().server(Self.bad)?.isUp == false })
      #expect(try await allServed(rig))
      try #require(await eventually { record().admission.refused[Self.bad] != nil })
      agents.say(Self.bad, Agents.probe())
      try #require(
        await eventually { try await rig.balancer.read().server(Self.bad)?.isUp == true })
      #expect(await eventually { record().admission == Admission() })
    }
  }

  @Test("B2: one new error on every host has a common cause: nobody leaves, and the keeper says so")
  func commonCause() async throws {
    try await Kept.with { rig, agents, record in
      for host in rig.fleet.gateways { agents.say(host.name, Agents.hard()) }
      try #require(await eventually { record().admission.failsOpen })
      #expect(try await rig.balancer.read().isWhollyInService)
      #expect(try await allServed(rig))
      #expect(record().admission.letIn.count == 3)
    }
  }

  @Test("a refused gateway is let in again when the last other one stops serving")
  func floor() async throws {
    try await Kept.with { rig, agents, record in
      agents.say(Self.bad, Agents.hard())
      try #require(await eventually { record().admission.refused[Self.bad] != nil })
      rig.gateways[Self.good]?.setReady(false)
      try #require(
        await eventually { try await rig.balancer.read().server(Self.bad)?.isInService == true })
      #expect(record().admission.failsOpen)
      #expect(try await allServed(rig))
    }
  }

  @Test(
    "B1, B3, B4: what could not be asked, queues and a stale answer take nobody out",
    arguments: ["away", "doctor", "queues", "age", "skills"])
  func soft(_ kind: String) async throws {
    try await Kept.with { rig, agents, record in
      for host in rig.fleet.gateways {
        agents.say(host.name, kind == "away" ? nil : Agents.soft(kind))
      }
      try #require(await eventually { record().silent.count == (kind == "away" ? 3 : 0) })
      try #require(await eventually { record().atMilliseconds > 0 })
      #expect(try await allServed(rig))
      #expect(record().admission == Admission())
      #expect(try await rig.balancer.read().isWhollyInService)
    }
  }

  @Test("an order that HAProxy refuses is the keeper's trouble until it is carried out")
  func refusedOrder() async throws {
    try await Kept.with { rig, agents, record in
      let socket = rig.balancer.files.administration
      try Files.rename(socket, to: socket + "r")
      let listener = try SocketListener.listen(.unix(path: socket))
      let relay = Task { await Self.relay(listener, to: socket + "r") }
      agents.say(Self.bad, Agents.hard())
      let isTold = await eventually {
        record().trouble?.message.contains("HAProxy refused") == true
      }
      listener.close()
      await relay.value
      try Files.rename(socket + "r", to: socket)
      try #require(isTold)
      try #require(
        await eventually { try await rig.balancer.read().server(Self.bad)?.isUp == false })
      #expect(await eventually { record().trouble == nil })
    }
  }

  /// Stands in for HAProxy's socket: answers questions, and refuses orders to servers.
  private static func relay(_ listener: SocketListener, to socket: String) async {
    await withDiscardingTaskGroup { group in
      for await connection in listener.connections {
        group.addTask {
          defer { connection.close() }
          guard let line = try? await connection.readLine(limit: 65_536, deadline: .seconds(5))
          else { return }
          let isOrder = line.contains("set server")
          let answer = isOrder ? "No such server.\n\n" : (try? await asked(line, at: socket)) ?? ""
          try? await connection.write(text: answer, deadline: .seconds(5))
        }
      }
    }
  }

  private static func asked(_ line: String, at socket: String) async throws -> String {
    let connection = try await StreamConnection.connect(.unix(path: socket), deadline: .seconds(5))
    defer { connection.close() }
    try await connection.write(text: line + "\n", deadline: .seconds(5))
    let bytes = try await connection.readAll(limit: 4 << 20, deadline: .seconds(5))
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("an answer that is too old refuses nobody, whatever it says")
  func stale() async throws {
    try await Kept.with { rig, agents, record in
      var probe = Agents.hard()
      probe.reasons.append(.init(check: "age", level: .fail, message: "too old"))
      agents.say(Self.bad, Agents.hard())
      try #require(await eventually { record().admission.refused[Self.bad] != nil })
      agents.say(Self.bad, probe)
      try #require(await eventually { try await rig.balancer.read().isWhollyInService })
    }
  }

  @Test("an agent that is away after it failed hard refuses nobody any more")
  func goneAfterFailure() async throws {
    try await Kept.with { rig, agents, record in
      agents.say(Self.bad, Agents.hard())
      try #require(await eventually { record().admission.refused[Self.bad] != nil })
      agents.say(Self.bad, nil)
      try #require(await eventually { try await rig.balancer.read().isWhollyInService })
    }
  }

  @Test("a gateway whose own readiness fails for what was accepted serves by its agent's word")
  func tolerated() async throws {
    try await Kept.with { rig, agents, record in
      agents.say(
        Self.bad, Agents.probe(serving: .init(ready: true, tolerated: ["telegram"])))
      rig.gateways[Self.bad]?.setReady(false)
      try #require(await eventually { record().trusted[Self.bad] == ["telegram"] })
      try #require(
        await eventually { try await rig.balancer.read().server(Self.bad)?.isInService == true })
      // The gateway's agent is away: nothing changes. The agent says that the gateway fell: the gateway leaves.
      agents.say(Self.bad, nil)
      try #require(await eventually { record().silent == [Self.bad] })
      #expect(try await rig.balancer.read().server(Self.bad)?.isInService == true)
      // That it fell counts more than a component that may fail.
      agents.say(
        Self.bad, Agents.probe(.fail, serving: .init(ready: false, tolerated: ["telegram"])))
      try #require(
        await eventually { try await rig.balancer.read().server(Self.bad)?.isUp == false })
    }
  }

  @Test("a host that is given back was proven: a refusal of before is lifted")
  func givenBack() async throws {
    try await Rig.with { rig in
      _ = try await rig.balancer.takeOut(Self.bad, epoch: Epoch(1))
      try await rig.balancer.refuse(Self.bad, true)
      let state = try await rig.balancer.giveBack(
        Self.bad, epoch: Epoch(1), deadline: .seconds(30))
      #expect(state.isWhollyInService)
    }
  }

  @Test("without keeper, agents and controller HAProxy serves on every gateway that serves")
  func alone() async throws {
    try await Rig.with { rig in
      #expect(try await allServed(rig))
      rig.gateways[Self.bad]?.setReady(false)
      try #require(
        await eventually { try await rig.balancer.read().server(Self.bad)?.isUp == false })
      #expect(try await allServed(rig))
    }
  }

  // MARK: The process

  @Test("G5: killed, HAProxy is there again with share, epochs and hosts as they were set")
  func killed() async throws {
    try await Kept.with { rig, _, record in
      let set = try await rig.share(40, pinEpoch: 3, generation: 9).weights
      _ = try await rig.balancer.takeOut(Self.bad, epoch: Epoch(2))
      let process = try #require(try ProcessRecord.read(rig.balancer.files.record)?.process)
      try Processes.signal(process, 9)
      try #require(
        await eventually {
          (try? await rig.balancer.read().processID) ?? process.pid != process.pid
        })
      let state = try await rig.balancer.read()
      #expect(state.weights == set)
      #expect(state.server(Self.bad)?.isTakenOut == true)
      try #require(await eventually { record().restarts == 1 })
      #expect(record().trouble == nil)
    }
  }

  @Test("what an operator stopped stays stopped, until he starts it")
  func stopped() async throws {
    try await Kept.with { rig, _, record in
      try await rig.balancer.stop(deadline: .zero)
      try #require(await eventually { record().isStopped })
      #expect(!rig.balancer.hasProcess())
      #expect(record().restarts == 0)
      try await rig.balancer.ensureRunning()
      try #require(await eventually { !record().isStopped })
      #expect(try await allServed(rig))
    }
  }

  @Test("G3: one whose socket is lost gets a successor, which keeps what was set")
  func lostSocket() async throws {
    try await Kept.with { rig, _, record in
      let set = try await rig.share(20, generation: 4).weights
      let old = try #require(try ProcessRecord.read(rig.balancer.files.record)?.process)
      try Files.removeFile(rig.balancer.files.administration)
      try #require(await eventually { record().restarts == 1 })
      let state = try await rig.balancer.read()
      #expect(state.weights == set)
      #expect(state.processID != old.pid)
      #expect(try await allServed(rig))
      // The old process ends once its last session has ended.
      try #require(await eventually { !Processes.isRunning(old) })
    }
  }

  @Test("G3: a second HAProxy on the same files is named, with a way out that works")
  func stray() async throws {
    try await Kept.with { rig, _, record in
      let set = try await rig.share(20, generation: 4).weights
      let program = try #require(Processes.find("haproxy"))
      let stray = try Processes.spawnDetached(
        ProcessCommand(
          program, ["-db", "-f", rig.balancer.files.configuration],
          environment: ["SLUICE_RUN": "stray"], directory: "/"), outputPath: "/dev/null")
      defer { try? Processes.signal(stray, 9) }
      try #require(
        await eventually { record().trouble?.message.contains("a second HAProxy") == true })
      let trouble = try #require(record().trouble)
      #expect(trouble.remedy?.contains("kill \(stray.pid)") == true)
      await expectRefused(rig, "a second HAProxy, process \(stray.pid)")
      // The remedy, as it is typed.
      try Processes.signal(stray, 15)
      try #require(await eventually { record().restarts == 1 })
      #expect(try await rig.balancer.read().weights == set)
      #expect(try await allServed(rig))
    }
  }

  private func expectRefused(_ rig: Rig, _ text: String) async {
    do { _ = try await rig.balancer.read() } catch {
      #expect(error.message.contains(text))
      return
    }
    Issue.record("a stray HAProxy was read as Sluice's own")
  }

  @Test("one that is stopped is named; restart ends it and another takes its place")
  func stoppedProcess() async throws {
    try await Rig.with { rig in
      let set = try await rig.share(20, generation: 4).weights
      let old = try #require(try ProcessRecord.read(rig.balancer.files.record)?.process)
      try Files.removeFile(rig.balancer.files.administration)
      try Processes.signal(old, 19)
      try #require(await eventually { Processes.isStopped(old) != false })
      await #expect(throws: PortError.self) { _ = try await rig.balancer.replaceDeaf() }
      _ = try await rig.balancer.restart()
      #expect(!Processes.isRunning(old))
      #expect(try await rig.balancer.read().weights == set)
      try #require(await eventually { try await rig.balancer.read().isWhollyInService })
      #expect(try await allServed(rig))
    }
  }

  @Test("restart of one that answers loses no session, and keeps what was set")
  func restart() async throws {
    try await Rig.with { rig in
      let set = try await rig.share(20, generation: 4).weights
      let before = try await rig.balancer.read().processID
      let (socket, _) = try await rig.webSocket()
      _ = try await rig.balancer.restart()
      let state = try await rig.balancer.read()
      #expect(state.weights == set && state.processID != before)
      try #require(await eventually { try await rig.balancer.read().isWhollyInService })
      #expect(try await allServed(rig))
      await socket.close()
    }
  }

  @Test("a port that somebody else has is said, and HAProxy comes once it is free")
  func takenPort() async throws {
    try await Kept.with { rig, _, record in
      let process = try #require(try ProcessRecord.read(rig.balancer.files.record)?.process)
      let port = try #require(UInt16(rig.fleet.haproxy.bind.split(separator: ":")[1]))
      try await rig.balancer.stop(deadline: .zero)
      #expect(!Processes.isRunning(process))
      let squatter = try HTTPServer.start(.tcp(host: "127.0.0.1", port: port)) { _, responder in
        responder.respond(.text("not a balancer"))
      }
      try Files.removeFile(rig.balancer.files.stopped)
      try #require(
        await eventually { record().trouble?.message.contains("something else listens") == true })
      squatter.stop()
      try #require(await eventually { record().restarts == 1 && record().trouble == nil })
      #expect(try await rig.balancer.read().weights.share == .zero)
    }
  }
}
