import SluiceCore
import SluicePorts
import SluiceTestSupport
import Testing

extension GatewayConformanceTests {
  @Suite("What every gateway says when it is asked")
  struct Reading {
    @Test("one that is well says so, and who it is", arguments: GatewayKind.allCases)
    func well(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let reading = world.reading
        #expect(await reading.readiness() == .started(failing: []))
        let identity = try await reading.identity()
        #expect(identity.marker == (try Marker.sample("1.4.1")))
        let marker = try await reading.skills().first { $0.name == Marker.skillName }
        #expect(marker?.description == identity.marker?.description)
        #expect(try await reading.queueDepth() == 0)
        #expect(try await reading.webhookDigest().state == .absent)
      }
    }

    @Test("what it is asked for a person to read is as expected", arguments: GatewayKind.allCases)
    func examination(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let reading = world.reading
        let answers = await reading.examine(tenants: [])
        #expect(!answers.isEmpty)
        guard case .real(let version) = kind else { return }
        let build = try #require(answers.first { $0.capability == "build" })
        #expect(build.level == .expected && build.came == "OpenClaw \(version)")
        let capabilities = [
          "startup", "readiness", "process", "release", "queue", "runs", "drain", "restart",
          "sessions", "configuration", "doctor",
        ]
        for capability in capabilities {
          let answer = try #require(answers.first { $0.capability == capability })
          #expect(answer.level == .expected, "\(answer)")
        }
        // The gateway's trustedProxies are empty: the message gives the line to add.
        let balancer = try #require(answers.first { $0.capability == "balancer" })
        #expect(balancer.level == .fault && balancer.means.contains("trustedProxies"))
      }
    }

    @Test(
      "a process that has ended is unreachable, whatever it is asked",
      arguments: GatewayKind.allCases
    )
    func ended(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let reading = world.reading
        try await world.stop()
        guard case .down = await reading.readiness() else {
          Issue.record("it is not down: \(await reading.readiness())")
          return
        }
        let questions: [@Sendable () async throws -> Void] = [
          { _ = try await reading.identity() }, { _ = try await reading.skills() },
          { _ = try await reading.queueDepth() }, { _ = try await reading.faultBehindBalancer() },
        ]
        for question in questions {
          let error = try await failure { try await question() }
          #expect(error.kind == .unreachable)
        }
      }
    }
  }
}
