import SluiceCore
import SluiceHAProxy
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite(
  "HAProxy as a process that Sluice owns",
  .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)))
struct LifecycleTests {
  @Test("controllers that come at once start one, and later ones adopt it")
  func oneProcess() async throws {
    try await Rig.prepared { rig in
      let controllers = try (0..<4).map { _ in try rig.another() }
      let running = try await withThrowingTaskGroup(of: ManagedHAProxy.Running.self) { group in
        for controller in controllers { group.addTask { try await controller.ensureRunning() } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(running.map(\.process)).count == 1)
      #expect(running.count { !$0.wasAdopted } == 1)
      let again = try await rig.balancer.ensureRunning()
      #expect(again.wasAdopted)
      #expect(again.process == running[0].process)
      #expect(try await rig.balancer.read().processID == again.process.pid)
    }
  }

  @Test("one whose controller died before it could record it is adopted all the same")
  func unrecorded() async throws {
    try await Rig.with { rig in
      let first = try await rig.balancer.ensureRunning()
      // The record between the start and the last write.
      let path = rig.balancer.files.record
      let text = try Files.readText(path)
      let start = try #require(text.firstRange(of: #""process":{"#)).lowerBound
      let end = try #require(text[start...].firstRange(of: "},")).upperBound
      try Files.replace(path, with: Array((text[..<start] + text[end...]).utf8))
      await #expect(throws: PortError.self) { try await rig.balancer.read() }
      let second = try await rig.another().ensureRunning()
      #expect(second.wasAdopted)
      #expect(second.process == first.process)
      _ = try await rig.balancer.read()
    }
  }

  @Test("killed, it is not there; started again, it has share, epochs and hosts as they were set")
  func killed() async throws {
    try await Rig.with { rig in
      let running = try await rig.balancer.ensureRunning()
      let set = try await rig.share(100, pinEpoch: 4, generation: 7).weights
      _ = try await rig.balancer.takeOut(Rig.stables[0], epoch: Epoch(2))
      try await rig.kill(running.process)

      let error = await #expect(throws: PortError.self) { try await rig.balancer.read() }
      #expect(error?.kind == .unreachable)
      #expect(error?.remedy != nil)
      let again = try await rig.another().ensureRunning()
      #expect(!again.wasAdopted)
      let state = try await rig.balancer.read()
      #expect(state.weights == set)
      #expect(state.server(Rig.stables[0])?.isTakenOut == true)
      #expect(state.server(Rig.stables[1])?.isInService == true)
      #expect(try await rig.draw(20) == (20, 0))
      await #expect(throws: PortError.self) { try await rig.share(0, generation: 8) }
    }
  }

  @Test("a command to one that was killed starts it, with what was commanded")
  func startedByCommand() async throws {
    try await Rig.with { rig in
      let running = try await rig.balancer.ensureRunning()
      try await rig.share(100, generation: 1)
      try await rig.kill(running.process)
      let state = try await rig.share(0, pinEpoch: 2, generation: 2)
      #expect(state.weights == .percent(0, pinEpoch: 2, generation: 2))
      #expect(state.processID != running.process.pid)
      #expect(try await rig.draw(20) == (0, 20))
    }
  }

  @Test("what was written but not told is what it starts with: disk comes first")
  func diskFirst() async throws {
    try await Rig.with { rig in
      try await rig.share(100, generation: 1)
      try await rig.balancer.stop(deadline: .zero)
      try Files.replace(rig.balancer.files.stateMap, with: Array("state 0:9:9\n".utf8))
      try await rig.balancer.ensureRunning()
      #expect(
        try await rig.balancer.read().weights == .percent(0, pinEpoch: 9, generation: 9))
    }
  }

  @Test("another fleet replaces it: share and open WebSockets stay, sessions go to the new place")
  func replaced() async throws {
    try await Rig.with { rig in
      let first = try await rig.balancer.ensureRunning()
      try await rig.share(100, generation: 3)
      let (socket, host) = try await rig.webSocket()
      #expect(host == Rig.canary)

      let moved = try StubGateway("mac-z")
      defer { moved.stop() }
      var fleet = rig.fleet
      for index in fleet.hosts.indices where fleet.hosts[index].name == Rig.canary {
        fleet.hosts[index].gateway = "127.0.0.1:\(moved.port)"
        fleet.hosts[index].probe = "127.0.0.1:\(moved.port)"
      }
      let balancer = try rig.another(fleet: fleet)
      let second = try await balancer.ensureRunning()
      #expect(!second.wasAdopted)
      #expect(second.process != first.process)
      #expect(try await balancer.read().weights == .percent(100, generation: 3))
      // A kept connection may still end in the old process.
      #expect(try await eventually { try await rig.get().text == "mac-z" })
      #expect(Processes.isRunning(first.process), "it has a WebSocket open")
      await socket.close()
      #expect(await Processes.waitForExit(first.process, deadline: .seconds(30)))
      #expect(try await balancer.ensureRunning().process == second.process)
      #expect(try await rig.get().text == "mac-z")
    }
  }

  @Test("D1: the fleet's own time-out, and nothing shorter, ends an answer that does not come")
  func silence() async throws {
    try await Rig.prepared { rig in
      var fleet = rig.fleet
      fleet.haproxy.serverTimeoutMilliseconds = 1_500
      try await rig.another(fleet: fleet).ensureRunning()
      let began = ContinuousClock.now
      #expect(try await rig.get("/silent").status == 504)
      #expect(ContinuousClock.now - began >= .milliseconds(1_400))
    }
  }

  @Test("a port that something else holds is said before HAProxy shares it")
  func takenPort() async throws {
    try await Rig.prepared { rig in
      let port = try #require(SocketAddress(rig.fleet.haproxy.bind))
      let other = try HTTPServer.start(port) { $1.respond(.text("other")) }
      defer { other.stop() }
      let error = await #expect(throws: PortError.self) {
        try await rig.balancer.ensureRunning()
      }
      #expect(error?.kind == .refused)
      #expect(error?.message.contains(rig.fleet.haproxy.bind) == true)
      #expect(error?.remedy?.contains("lsof") == true)
    }
  }

  @Test("an epoch that was seen is seen by every later controller") func fenced() async throws {
    try await Rig.with { rig in
      _ = try await rig.balancer.apply(.percent(5, generation: 1), epoch: Epoch(7))
      let error = await #expect(throws: PortError.self) {
        try await rig.another().apply(.percent(50, generation: 2), epoch: Epoch(6))
      }
      #expect(error?.kind == .fenced)
      #expect(try await rig.balancer.read().weights == .percent(5, generation: 1))
      #expect(try Files.readText(rig.balancer.files.fence) == "7\n")
    }
  }

  @Test("one that Sluice has no record of is left alone") func stranger() async throws {
    try await Rig.with { rig in
      let record = try Files.read(rig.balancer.files.record)
      try Files.removeFile(rig.balancer.files.record)
      for body in [
        { _ = try await rig.balancer.ensureRunning() }, { _ = try await rig.balancer.read() },
        { try await rig.balancer.stop() },
      ] as [() async throws -> Void] {
        let error = await #expect(throws: PortError.self) { try await body() }
        #expect(error?.message.contains("no record of") == true)
      }
      try Files.replace(rig.balancer.files.record, with: record)
      #expect(try await rig.get().status == 200)
    }
  }
}
