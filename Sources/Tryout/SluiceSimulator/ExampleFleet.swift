import SluiceCore
import SluiceEngine
import SluicePorts

/// The fleet of three that a simulation runs on when it is given no other: a canary, two stables.
public enum ExampleFleet {
  public static let canary = HostName("mac-a")
  public static let stables = [HostName("mac-b"), HostName("mac-c")]

  /// The build that the fleet runs, one that keeps its state's schema, and one that changes it.
  public static let build = ReleaseLock.OpenClaw(
    version: "2026.9.4", daemon: nil, cli: nil, schemas: ["agent": 19, "state": 17])
  public static let sameSchemaBuild = ReleaseLock.OpenClaw(
    version: "2026.9.4-2", daemon: nil, cli: nil, schemas: ["agent": 19, "state": 17])
  public static let newerBuild = ReleaseLock.OpenClaw(
    version: "2026.9.6", daemon: nil, cli: nil, schemas: ["agent": 23, "state": 18])

  /// One of the builds above; the fleet's when there is none of that version.
  public static func build(_ version: String?) -> ReleaseLock.OpenClaw {
    [build, sameSchemaBuild, newerBuild].first { $0.version == version } ?? build
  }

  public static func release(
    _ version: String, openclaw: ReleaseLock.OpenClaw = ExampleFleet.build
  ) -> Release {
    let tree = Digest(of: Array("tree \(version)".utf8))
    let lock = ReleaseLock(
      openclaw: openclaw, skills: .init(version: version, tree: tree), tenants: [tenant: .zero])
    return Release(
      tag: "v\(version)", commit: String(repeating: "a", count: 40),
      lockDigest: Digest(of: Array("lock \(version) \(openclaw.version)".utf8)), lock: lock)
  }

  public static func host(_ name: HostName, _ arm: Arm) -> HostSpec {
    HostSpec(
      name: name, role: .gateway, arm: arm, connection: .local(socket: "/run/\(name).sock"),
      gateway: "127.0.0.1:1", probe: "127.0.0.1:2",
      paths: HostPaths(infra: "/infra", skills: "/skills", tenants: "/tenants", state: "/state"),
      openclaw: OpenClawSpec(
        cli: "/bin/openclaw", tokenFile: "/token", digest: nil,
        service: .launchd(domain: "gui/501", label: "ai.openclaw.gateway"), environment: [:]))
  }

  /// The tenant of the releases' fragments.
  public static let tenant = "acme"

  /// A host that follows the gateways and takes no traffic.
  public static let worker: HostSpec = {
    var worker = host(HostName("mac-w"), .stable)
    worker.role = .worker
    return worker
  }()

  public static func fleet(steps: [Int] = [500, 2_000, 4_000]) -> Fleet {
    Fleet(
      name: "example",
      writer: WriterSpec(infra: "/infra", ledger: "/ledger/promotions.jsonl", state: "/sluice"),
      hosts: [host(canary, .canary)] + stables.map { host($0, .stable) },
      balancer: .managed(
        HAProxySpec(
          bind: "127.0.0.1:3", program: nil, directory: "/haproxy", pinned: .wait, cohorts: [:])),
      ramp: Ramp(
        steps: steps.compactMap { points in
          Share(basisPoints: points).map { .init(share: $0, holdMilliseconds: 20_000) }
        }),
      judge: JudgeLimits(
        minimumSessions: 30, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 1_000,
        progressMilliseconds: 120_000),
      probe: ProbePolicy(
        intervalMilliseconds: 1_000, doctorMilliseconds: 30_000, maximumAgeMilliseconds: 5_000,
        queueLimit: 8),
      swing: SwingPolicy(
        restart: .always, restartBy: .service, drainMilliseconds: 30_000, atDrainDeadline: .cut,
        startMilliseconds: 60_000),
      capacityFloor: 1, bakeMilliseconds: 5_000)
  }

  public static func world(
    seed: UInt64 = 1, fleet: Fleet = fleet(), qualities: [String: Quality] = [:]
  ) -> SimulatedFleet {
    SimulatedFleet(
      fleet, runs: release("1.4.1"), seed: seed, sessionsPerSecond: 50, qualities: qualities)
  }

  /// A plan as `sluice plan` makes it, from the fleet's present state.
  public static func plan(
    _ world: SimulatedFleet, from: String = "1.4.1", to: String,
    openclaw: ReleaseLock.OpenClaw = ExampleFleet.build
  ) async throws -> Plan {
    let to = release(to, openclaw: openclaw)
    for host in world.hosts.values { await host.install(openclaw) }
    var surveys: [HostName: HostSurvey] = [:]
    for (name, host) in world.hosts {
      surveys[name] = try await host.ask(.survey(), deadline: .seconds(1))
    }
    let weights = await world.balancer.state.weights
    guard
      let snapshot = PlanCheck.snapshot(
        release: release(from), fleet: world.fleet, surveys: surveys, weights: weights)
    else { throw PortError(.failed, "the world does not run \(from)") }
    return Plan(
      purpose: .promote, from: release(from), to: to, fleet: world.fleet, snapshot: snapshot,
      madeAtMilliseconds: 0,
      build: BuildChange(from: release(from), to: to, surveys: surveys))
  }

  /// A person's word that accepts all that a plan demands.
  public static func approval(of plan: Plan, by actor: String = "kim") throws -> Approval {
    Approval(
      plan: try plan.digest(), actor: actor, reason: "the window is agreed", atMilliseconds: 0,
      accepts: plan.demands)
  }

  public static func engine(
    _ world: SimulatedFleet, judge: @escaping @Sendable () -> any Judge
  ) -> PromotionEngine {
    PromotionEngine(env: world.env(judge: judge))
  }
}
