import SluiceCore
import SluicePorts
import SluiceTestSupport
import Testing

extension GatewayConformanceTests {
  @Suite("How every gateway is moved")
  struct Moving {
    @Test(
      "a flipped link is followed, and a restart in place keeps the pid and changes the boot id",
      arguments: GatewayKind.allCases
    )
    func restart(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let (reading, moving) = (world.reading, world.moving)
        let before = try await reading.identity()
        #expect(before.marker == (try Marker.sample("1.4.1")))
        try await world.link("1.4.2")
        if await reading.profile().followsLinks {
          var seen = before
          let follows = await eventually(within: .seconds(600)) {
            guard let identity = try? await reading.identity() else { return false }
            seen = identity
            return identity.marker != before.marker
          }
          #expect(follows)
          seen.marker = before.marker
          #expect(seen == before, "the same boot of the same process")
        }
        try await moving.requestRestart(reason: "conformance")
        var after = before
        let isNew = await eventually(within: .seconds(600)) {
          guard let identity = try? await reading.identity() else { return false }
          after = identity
          return identity.bootID != before.bootID
        }
        #expect(isNew)
        #expect(after.pid == before.pid)
        #expect(after.version == before.version)
        #expect(after.startedAtMilliseconds >= before.startedAtMilliseconds)
        #expect(after.marker == (try Marker.sample("1.4.2")))
        let marker = try await reading.skills().first { $0.name == Marker.skillName }
        #expect(marker?.description == after.marker?.description)
      }
    }

    @Test(
      "a drain holds until it is resumed, and is told by its token", arguments: GatewayKind.allCases
    )
    func drain(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let (reading, moving) = (world.reading, world.moving)
        #expect(await reading.readiness() == .started(failing: []))
        #expect(try await moving.drain(token: "a", deadline: .seconds(600)).isIdle)
        #expect(await reading.readiness() == .draining)
        #expect(try await moving.drain(token: "a", deadline: .seconds(600)).isIdle)
        let conflict = try await failure { try await moving.drain(token: "b", deadline: .zero) }
        #expect(conflict.kind == .refused)
        let closed = try await failure { try await reading.identity() }
        #expect(closed.kind == .refused)
        try await moving.resume()
        #expect(await reading.readiness() == .started(failing: []))
        try await moving.resume()
        _ = try await reading.identity()
      }
    }

    @Test(
      "at the deadline it tells what runs, and goes on where it was",
      arguments: GatewayKind.allCases)
    func busy(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let (reading, moving) = (world.reading, world.moving)
        try await world.beginSession()
        let report = try await moving.drain(token: "a", deadline: .milliseconds(150))
        #expect(!report.isIdle)
        #expect(report.activeAtStart == 1)
        #expect(report.activeNow == 1)
        #expect(report.milliseconds >= 150)
        #expect(await reading.readiness() == .draining)
        try await world.endSessions()
        let ended = try await moving.drain(token: "a", deadline: .seconds(600))
        #expect(ended.isIdle)
        #expect(ended.activeNow == 0)
      }
    }

    @Test("a drained gateway can be restarted, and is open then", arguments: GatewayKind.allCases)
    func drainedRestart(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let (reading, moving) = (world.reading, world.moving)
        let before = try await reading.identity()
        _ = try await moving.drain(token: "a", deadline: .seconds(600))
        try await moving.requestRestart(reason: "conformance")
        #expect(
          await eventually(within: .seconds(600)) {
            let identity = try? await reading.identity()
            return identity.map { $0.bootID != before.bootID } ?? false
          })
        #expect(try await moving.warmUp(deadline: .seconds(600)) >= 0)
        #expect(await reading.readiness() == .started(failing: []))
      }
    }

    @Test(
      "serves a session of Sluice's own, and none while it is closed",
      arguments: GatewayKind.allCases
    )
    func warmUp(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let moving = world.moving
        #expect(try await moving.warmUp(deadline: .seconds(600)) >= 0)
        _ = try await moving.drain(token: "a", deadline: .seconds(600))
        let closed = try await failure {
          try await moving.warmUp(deadline: .milliseconds(300))
        }
        #expect(closed.kind == .failed)
      }
    }

    @Test(
      "a process that has ended cannot be moved: it is unreachable", arguments: GatewayKind.allCases
    )
    func ended(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let moving = world.moving
        try await world.stop()
        let moves: [@Sendable () async throws -> Void] = [
          { try await moving.resume() }, { try await moving.requestRestart(reason: "x") },
          { _ = try await moving.drain(token: "a", deadline: .seconds(600)) },
        ]
        for move in moves {
          let error = try await failure { try await move() }
          #expect(error.kind == .unreachable)
        }
      }
    }
  }
}
