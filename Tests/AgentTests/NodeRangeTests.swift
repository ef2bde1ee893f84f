import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceSystem
import Testing

@testable import SluiceAgent

@Suite("A build's range of Node versions, on a host")
struct NodeRangeTests {
  /// The new build's package says what it wants; what it hashes to is not pinned.
  private func wanting(
    _ range: String, on node: String?,
    _ body: @escaping @Sendable (TestHost, any HostClient) async throws -> Void
  ) async throws {
    let host = try await BuildHost.scripted()
    let package = host.home("builds/2026.9.6/node_modules/openclaw/package.json")
    let text = try Files.readText(package)
    try TestHost.write(
      "{\"engines\": {\"node\": \"\(range)\"}, " + text.drop { $0 == "{" || $0.isWhitespace },
      to: package)
    await host.gateway.change { $0.node = node }
    try await host.withAgent { client in
      _ = try await host.probe { $0.skills.version != nil }
      try await body(host, client)
    }
  }

  private static func answer(_ client: any HostClient) async throws -> GatewayAnswer {
    let check = try await client.ask(.check)
    return try #require(
      check.answers.first { $0.capability == "node" && $0.asked.contains("2026.9.6") })
  }

  /// Preflight's word on the host's Node.
  private static func blockers(_ host: TestHost, _ client: any HostClient) async throws -> [String]
  {
    let survey = try await client.survey()
    var fleet = ExampleFleet.fleet()
    fleet.hosts = [host.spec]
    let weights = Weights(share: .zero, pinEpoch: 1, generation: 1)
    let surveys = [host.spec.name: survey]
    let plan = Plan(
      purpose: .promote, from: host.old, to: host.new, fleet: fleet,
      snapshot: Snapshot(release: host.old, weights: weights, hosts: [:]), madeAtMilliseconds: 0,
      build: BuildChange(from: host.old, to: host.new, surveys: surveys))
    return PlanCheck.blockers(
      of: plan, surveys: surveys, silent: [:], balancer: nil, balancerFault: nil
    ).filter { $0.contains("Node") } + NodeCheck.notes(on: plan, surveys: surveys)
  }

  @Test("A Node that does not fit is named by check, and refused before anything moves")
  func unfit() async throws {
    try await wanting(">=99", on: "v24.19.0") { host, client in
      let answer = try await Self.answer(client)
      #expect(answer.level == .fault && answer.came == "v24.19.0 runs, it wants >=99")
      let blockers = try await Self.blockers(host, client)
      #expect(
        blockers == [
          "\(host.spec.name): OpenClaw 2026.9.6 wants Node >=99, its gateway runs on 24.19.0. "
            + "Install such a Node there, for its service."
        ])
    }
  }

  @Test("One that fits says nothing more")
  func fit() async throws {
    try await wanting(">=24.16.0 <25 || >=26.1.0", on: "v24.19.0") { host, client in
      let answer = try await Self.answer(client)
      #expect(answer.level == .expected)
      let said = try await Self.blockers(host, client)
      #expect(said.isEmpty)
    }
  }

  @Test("One that nobody knows is said, and refuses nothing")
  func unknown() async throws {
    try await wanting(">=24", on: nil) { host, client in
      let answer = try await Self.answer(client)
      #expect(answer.level == .odd && answer.means.contains("is not known"))
      let said = try await Self.blockers(host, client)
      #expect(said.count == 1 && said[0].contains("which one runs the gateway is not known"))
    }
  }
}
