import SluiceCore
import SluiceHost
import SluiceAgentClient
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// The real clock.
struct WallTime: Time {
  func now() -> Moment {
    Moment(
      wallMilliseconds: SystemClock.wallMilliseconds(),
      monotonicMilliseconds: SystemClock.monotonicMilliseconds(), boot: "boot")
  }
  func sleep(for duration: Duration) async throws(CancellationError) {
    do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
  }
}

/// The error that a port throws; records an issue when none comes.
func portError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> PortError {
  do {
    try await body()
    Issue.record("no error was thrown", sourceLocation: sourceLocation)
  } catch let error as PortError { return error } catch {
    Issue.record("another error: \(error)", sourceLocation: sourceLocation)
  }
  return PortError(.failed, "")
}

/// A gateway host on loopback: a real infra repository with three releases, real slices, links and
/// fragments, and the scripted gateway, which runs the first release.
struct TestHost: Sendable {
  static let openclaw = "2026.9.6"
  static let version = "0.1.0-test"

  let home: TemporaryDirectory
  let spec: HostSpec
  let fleet: Fleet
  let gateway: ScriptedGateway
  let services: AgentServices
  let old: Release
  let new: Release

  /// - Parameters:
  ///   - interval: of the probe, milliseconds; of Doctor ten times as long.
  ///   - next: the build that the new release pins; nil: the same.
  init(
    interval: Int64 = 60_000, openclaw: String = TestHost.openclaw, next: String? = nil
  ) async throws {
    let home = try TemporaryDirectory()
    self.home = home
    let port = try #require(try PortFinder.freeLoopbackPorts(1).first)
    let paths = HostPaths(
      infra: home("infra"), skills: home("skills"), tenants: home("tenants"), state: home("state"))
    spec = Self.spec(paths, probe: "127.0.0.1:\(port)", socket: home("a.sock"))
    fleet = Self.fleet(spec, interval: interval)
    let template = try await HostTemplate.shared.make(
      openclaw: [openclaw, next ?? openclaw])
    old = template.old
    new = template.new
    try await Self.run("cp", ["-a"] + template.folders + [home.path])
    let slices = DirectorySliceStore(root: paths.skills)
    for link in [SliceLink.current, .next] {
      try await slices.swing(link, to: "1.4.1", token: "setup")
    }
    let infra = GitCheckout(
      directory: paths.infra, git: try requireTool("git"), environment: Self.gitEnvironment)
    let fragments = TenantFragments(root: paths.tenants)
    gateway = ScriptedGateway(skillsRoot: paths.skills, version: openclaw)
    services = AgentServices(
      slices: slices, infra: infra, fragments: fragments, service: gateway, gateway: gateway,
      time: WallTime())
  }

  /// The same host with other services.
  init(
    _ host: TestHost, spec: HostSpec, services: AgentServices, gateway: ScriptedGateway? = nil
  ) {
    home = host.home
    self.spec = spec
    fleet = host.fleet
    self.gateway = gateway ?? host.gateway
    self.services = services
    old = host.old
    new = host.new
  }

  var client: LocalHostClient {
    LocalHostClient(host: spec.name, socket: home("a.sock"), version: Self.version)
  }

  /// The host with an agent at work, which is ended when the body has.
  ///
  /// - Parameter probeFrom: who is told details at its probe, as in sluice.yaml.
  func withAgent<Value: Sendable>(
    probeFrom: [String]? = nil,
    _ body: @escaping @Sendable (LocalHostClient) async throws -> Value
  ) async throws -> Value {
    var fleet = fleet
    fleet.probeFrom = probeFrom
    let agent = Agent(host: spec, fleet: fleet, services: services, version: Self.version)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
      group.addTask {
        defer { isReady.finish() }
        try await agent.run { isReady.yield() }
        return nil
      }
      group.addTask {
        for await _ in ready { break }
        return try await body(client)
      }
      defer { group.cancelAll() }
      while let value = try await group.next() {
        if let value { return value }
      }
      throw PortError(.failed, "the agent ended by itself")
    }
  }

  /// A new host with an agent at work, on which the new release is placed.
  static func withPlaced(
    _ body: @escaping @Sendable (TestHost, any HostClient) async throws -> Void
  ) async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      _ = try await host.probe()
      _ = try await client.order(.place(host.new), "p/place")
      try await body(host, client)
    }
  }

  /// A probe that is not the one of an agent that has just started.
  func probe(
    where condition: @Sendable (MergedProbe) -> Bool = {
      $0.doctor["*"] != nil && $0.skills.resolved != nil
    }
  ) async throws -> MergedProbe {
    var last: MergedProbe?
    let isThere = try await eventually {
      last = try await client.probe()
      return last.map(condition) ?? false
    }
    if !isThere { Issue.record("the probe stayed as \(String(describing: last))") }
    return try #require(last)
  }

  func swing(
    to release: Release, next: String? = nil, state: StateMove? = nil,
    _ change: (inout SwingPolicy) -> Void = { _ in }
  ) -> HostOperation {
    var policy = fleet.swing
    change(&policy)
    return .swing(SwingRequest(release: release, next: next, policy: policy, state: state))
  }
}

extension HostClient {
  func ask<Answer>(_ query: HostQuery<Answer>) async throws(PortError) -> Answer {
    try await ask(query, deadline: .seconds(60))
  }

  func order(
    _ operation: HostOperation, _ id: String = "p/1", epoch: Int64 = 1
  ) async throws(PortError) -> HostReport {
    try await perform(
      operation, id: OperationID(rawValue: id), epoch: Epoch(epoch), deadline: .seconds(60))
  }

  /// Makes Doctor's present findings the baseline.
  func acceptAll(_ id: String) async throws {
    _ = try await order(.accept(try await ask(.findings).findings), id)
  }

  func probe() async throws -> MergedProbe { try await ask(.probe) }
  func survey() async throws -> HostSurvey { try await ask(.survey()) }

  func swung(_ operation: HostOperation, _ id: String, epoch: Int64 = 1) async throws -> SwingReport
  {
    guard case .swung(let report) = try await order(operation, id, epoch: epoch) else {
      throw PortError(.failed, "no swing")
    }
    return report
  }
}

extension TestHost {
  static let gitEnvironment = [
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.test", "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.test", "PATH": "/usr/bin:/bin",
  ]

  static func write(_ text: String, to path: String) throws {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    try Files.makeDirectory("/" + folder)
    try Files.replace(path, with: Array(text.utf8), durable: false)
  }

  static func run(_ program: String, _ arguments: [String], in directory: String? = nil)
    async throws
  {
    let outcome = try await Processes.run(
      ProcessCommand(
        try requireTool(program), arguments, environment: gitEnvironment, directory: directory))
    try #require(outcome.succeeded, "\(program) \(arguments): \(outcome.errorText)")
  }

  private static func spec(_ paths: HostPaths, probe: String, socket: String) -> HostSpec {
    HostSpec(
      name: HostName("mac-a"), role: .gateway, arm: .canary, connection: .local(socket: socket),
      gateway: "127.0.0.1:1", probe: probe, paths: paths,
      openclaw: OpenClawSpec(
        cli: "/bin/false", tokenFile: "/token", digest: nil,
        service: .launchd(domain: "gui/501", label: "ai.openclaw.gateway"), environment: [:]))
  }

  private static func fleet(_ host: HostSpec, interval: Int64) -> Fleet {
    Fleet(
      name: "test", writer: WriterSpec(infra: "/i", ledger: "/l", state: "/s"), hosts: [host],
      balancer: .managed(
        HAProxySpec(
          bind: "127.0.0.1:3", program: nil, directory: "/h", pinned: .wait, cohorts: [:])),
      ramp: Ramp(steps: []),
      judge: JudgeLimits(
        minimumSessions: 1, errorMargin: 1, latencyFactor: 1, intervalMilliseconds: 1,
        progressMilliseconds: 1),
      probe: ProbePolicy(
        intervalMilliseconds: interval, doctorMilliseconds: 10 * interval,
        maximumAgeMilliseconds: max(60_000, 5 * interval), queueLimit: 8),
      swing: SwingPolicy(
        restart: .always, restartBy: .service, drainMilliseconds: 1_000, atDrainDeadline: .cut,
        startMilliseconds: 60_000),
      capacityFloor: 1, bakeMilliseconds: 1)
  }
}

/// The directory that all hosts begin with, made once a build: copying it is one process, making it two dozen.
actor HostTemplate {
  static let shared = HostTemplate()

  struct Made: Sendable {
    let home: TemporaryDirectory
    let old: Release
    let new: Release
    var folders: [String] { ["infra", "skills", "tenants"].map { home($0) } }
  }

  private var made: [[String]: Task<Made, any Error>] = [:]

  /// - Parameter openclaw: the builds that the two releases pin.
  func make(openclaw: [String]) async throws -> Made {
    if let task = made[openclaw] { return try await task.value }
    let task = Task { try await Self.template(openclaw) }
    made[openclaw] = task
    return try await task.value
  }

  private static func template(_ openclaw: [String]) async throws -> Made {
    let home = try TemporaryDirectory()
    try TestHost.write("tools: [web]\n", to: home("tenants/acme/skills.d/00-base.yaml"))
    let tenants = TenantFragments(root: home("tenants")).survey().digests
    let infra = home("infra")
    func git(_ arguments: [String]) async throws {
      try await TestHost.run("git", ["-c", "init.defaultBranch=main"] + arguments, in: infra)
    }
    try Files.makeDirectory(infra)
    try await git(["init", "-q"])
    for (version, build) in zip(["1.4.1", "1.4.2"], openclaw) {
      try TestHost.write("\(version)\n", to: "\(infra)/skills/VERSION")
      try TestHost.write(
        "---\nname: greeter\ndescription: Greets as \(version)\n---\n",
        to: "\(infra)/skills/greeter/SKILL.md")
      _ = try LockWriter(checkout: infra).write(
        openclaw: .init(version: build, daemon: nil, cli: nil, schemas: nil),
        skillsVersion: version, tenants: tenants)
      try await git(["add", "-A"])
      try await git(["commit", "-qm", version])
      try await git(["tag", "v\(version)"])
    }
    let checkout = GitCheckout(
      directory: infra, git: try requireTool("git"), environment: TestHost.gitEnvironment)
    let old = try await checkout.fetch(tag: "v1.4.1", commit: nil)
    let new = try await checkout.fetch(tag: "v1.4.2", commit: nil)
    try await checkout.export(old, to: home("first"))
    _ = try await DirectorySliceStore(root: home("skills")).place(
      from: home("first"), marker: old.marker, token: "setup")
    try await checkout.checkOut(old)
    return Made(home: home, old: old, new: new)
  }
}
