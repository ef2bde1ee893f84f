import SluiceCore
import SluiceHTTP
import SluiceHost
import SluiceAgentClient
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

/// The real `sluice agent` on a host of its own: a git checkout, slices, links, fragments, and the
/// stand-in gateway as a process, which takes a swung link up by itself.
final class AgentWorld: Sendable {
  static let host = HostName("mac-a")
  private static let token = "a-token-of-the-test"

  let home: TemporaryDirectory
  let old: Release
  let new: Release
  let injector: Injector
  let client: LocalHostClient
  private let template: HostTemplate.Made
  private let gateway: ProcessServiceManager
  private let policy: SwingPolicy

  private init(restart: SwingPolicy.Restart) async throws {
    let home = try TemporaryDirectory()
    self.home = home
    template = try await HostTemplate.shared.made()
    (old, new) = (template.old, template.new)
    let ports = try PortFinder.freeLoopbackPorts(4)
    injector = Injector(directories: [home("skills"), home("state")], report: home("calls"))
    client = LocalHostClient(host: Self.host, socket: home("a.sock"), version: "test")
    policy = SwingPolicy(
      restart: restart, restartBy: .service, drainMilliseconds: 1_000, atDrainDeadline: .cut,
      startMilliseconds: 60_000)
    gateway = ProcessServiceManager(
      command: ProcessCommand(
        "\(products)/openclaw-standin", ["gateway", "run"],
        environment: Self.gatewayEnvironment(home)), log: home("claw/log"),
      record: home("claw/record"))
    try await begin(ports)
  }

  /// Runs the body with the gateway at work, and ends it.
  static func with(
    restart: SwingPolicy.Restart, _ body: @Sendable (AgentWorld) async throws -> Void
  ) async throws {
    let world = try await AgentWorld(restart: restart)
    let result: Result<Void, any Error>
    do { result = .success(try await body(world)) } catch { result = .failure(error) }
    _ = try? await world.gateway.stop(deadline: .seconds(5))
    try result.get()
  }

  private static func gatewayEnvironment(_ home: TemporaryDirectory) -> [String: String] {
    [
      "OPENCLAW_CONFIG_PATH": home("claw/openclaw.json"), "OPENCLAW_STATE_DIR": home("claw"),
      "HOME": home("claw"), "PATH": "/usr/bin:/bin",
    ]
  }

  private func begin(_ ports: [UInt16]) async throws {
    try Files.makeDirectory(home("claw"), mode: 0o700)
    func write(_ name: String, _ text: String) throws {
      try Files.replace(home(name), with: Array(text.utf8), mode: 0o600, durable: false)
    }
    try write("claw/token", Self.token + "\n")
    let links = policy.restart == .always ? "cold" : "hot"
    try write(
      "claw/openclaw.json",
      """
      {"gateway":{"port":\(ports[0]),"bind":"loopback","auth":{"token":"\(Self.token)"},
      "trustedProxies":["127.0.0.1"]},"skills":{"load":{"extraDirs":["\(home("skills/current"))"]}},
      "standin":{"version":"\(HostTemplate.openclaw)","startMs":20,"restartInPlaceMs":20,
      "restartCooldownMs":0,"firstSessionExtraMs":0,"doctorMs":0,"links":"\(links)"}}
      """)
    try write("sluice.yaml", description(ports))
    try await reset()
    _ = try await gateway.start()
  }

  private func description(_ ports: [UInt16]) -> String {
    let environment = Self.gatewayEnvironment(home).sorted { $0.key < $1.key }
      .map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return """
      fleet: real
      hosts:
        - name: mac-a
          arm: canary
          socket: \(home("a.sock"))
          gateway: 127.0.0.1:\(ports[0])
          probe: 127.0.0.1:\(ports[1])
          paths: {infra: \(home("infra")), skills: \(home("skills")), tenants: \(home("tenants")),
            state: \(home("state"))}
          openclaw:
            cli: \(products)/openclaw-standin
            token_file: \(home("claw/token"))
            environment: {\(environment)}
            service:
              process:
                program: \(products)/openclaw-standin
                arguments: [gateway, run]
                log: \(home("claw/log"))
                record: \(home("claw/record"))
        - name: mac-b
          gateway: 127.0.0.1:\(ports[2])
          probe: 127.0.0.1:\(ports[3])
          openclaw: {cli: /bin/false, token_file: /token, service: {systemd: {unit: none}}}
      balancer: {kind: managed, bind: "127.0.0.1:1"}
      probe: {interval: 60s, doctor: 1h, maximum_age: 2h}

      """
  }

  // MARK: One run after the other

  /// The host on the old release, and an agent that knows nothing yet.
  func reset() async throws {
    for folder in ["infra", "skills", "tenants", "state", "calls"] {
      try Files.removeTree(home(folder))
    }
    let outcome = try await Processes.run(
      ProcessCommand(try requireTool("cp"), ["-a"] + template.folders + [home.path]))
    try #require(outcome.succeeded, "\(outcome.errorText)")
    let slices = DirectorySliceStore(root: home("skills"))
    for link in [SliceLink.current, .next] {
      try await slices.swing(link, to: "1.4.1", token: "setup")
    }
    if policy.restart == .always, try await gateway.status().pid != nil {
      _ = try await gateway.restart(deadline: .seconds(5))
    }
  }

  /// An agent at work, harmed or not.
  struct Agent: Sendable {
    let process: ProcessIdentity
    var isRunning: Bool { Processes.isRunning(process) }

    /// Whether it ends by itself within the time.
    func ends(within limit: Duration) async -> Bool {
      await Processes.waitForExit(process, deadline: limit)
    }

    func stop() async {
      try? Processes.signal(process, 15)
      if await ends(within: .seconds(20)) { return }
      try? Processes.signal(process, 9, group: true)
    }
  }

  func startAgent(_ fault: (injection: Injection, at: Int)?) throws -> Agent {
    let arguments = [
      Injector.sluice, "agent", "--fleet", home("sluice.yaml"), "--host", Self.host.rawValue,
    ]
    let environment = ["PATH": "/usr/bin:/bin", "HOME": home.path, "NO_COLOR": "1"]
    let command =
      fault.map { injector.command($0, arguments, environment: environment) }
      ?? ProcessCommand(arguments[0], Array(arguments.dropFirst()), environment: environment)
    return Agent(process: try Processes.spawnDetached(command, outputPath: home("agent.log")))
  }

  /// Asks as soon as the agent listens; throws what it answered, or that it has gone.
  func ask(
    _ agent: Agent, _ operation: HostOperation, _ id: String
  ) async throws(PortError) -> HostReport {
    while true {
      do throws(PortError) {
        return try await client.perform(
          operation, id: OperationID(rawValue: id), epoch: Epoch(1), deadline: .seconds(90))
      } catch {
        guard error.kind == .unreachable, agent.isRunning else { throw error }
      }
      do { try await SystemClock.sleep(for: .milliseconds(5)) } catch {
        throw PortError(.failed, "interrupted")
      }
    }
  }

  func swing(to release: Release) -> HostOperation {
    .swing(SwingRequest(release: release, next: release.lock.skills.version, policy: policy))
  }

  // MARK: What must be so

  /// At any moment: both links name a slice that is there, and every slice is whole.
  func faultsInBetween() async -> [String] {
    let slices = DirectorySliceStore(root: home("skills"))
    var faults: [String] = []
    do {
      let links = try await slices.links()
      if links.current == nil { faults.append("current names nothing") }
      if links.next == nil { faults.append("next names nothing") }
      for slice in try await slices.slices() {
        if let fault = slice.fault { faults.append("slice \(slice.version): \(fault)") }
      }
    } catch { faults.append("\(error)") }
    return faults
  }

  /// After the end: the host is on the release, and nothing half-made is left.
  func faultsAtTheEnd(on release: Release) async throws -> [String] {
    var faults = await faultsInBetween()
    let slices = DirectorySliceStore(root: home("skills"))
    let version = release.lock.skills.version
    do {
      let links = try await slices.links()
      if links != Links(current: version, next: version) { faults.append("the links are \(links)") }
      if try await slices.digest(of: version) != release.lock.skills.tree {
        faults.append("slice \(version) is another tree")
      }
    } catch { faults.append("\(error)") }
    let left = try Files.names(in: home("skills")).filter {
      $0.hasPrefix(".staging") || $0.hasPrefix(".current.") || $0.hasPrefix(".next.")
    }
    if !left.isEmpty { faults.append("left behind: \(left)") }
    return faults
  }
}

/// The directory that all hosts begin with, made once: copying it is one process, making it two dozen.
actor HostTemplate {
  static let shared = HostTemplate()
  static let openclaw = "2026.9.6"

  struct Made: Sendable {
    let home: TemporaryDirectory
    let old: Release
    let new: Release
    var folders: [String] { ["infra", "skills", "tenants"].map { home($0) } }
  }

  private var making: Task<Made, any Error>?

  func made() async throws -> Made {
    if let making { return try await making.value }
    let task = Task { try await Self.make() }
    making = task
    return try await task.value
  }

  private static let environment = [
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.test", "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.test", "PATH": "/usr/bin:/bin",
  ]

  private static func write(_ text: String, to folder: String, _ name: String) throws {
    try Files.makeDirectory(folder)
    try Files.replace("\(folder)/\(name)", with: Array(text.utf8), durable: false)
  }

  private static func make() async throws -> Made {
    let home = try TemporaryDirectory()
    let infra = home("infra")
    try write("tools: [web]\n", to: home("tenants/acme/skills.d"), "00-base.yaml")
    let tenants = TenantFragments(root: home("tenants")).survey().digests
    func git(_ arguments: [String]) async throws {
      let outcome = try await Processes.run(
        ProcessCommand(
          try requireTool("git"), ["-c", "init.defaultBranch=main"] + arguments,
          environment: environment, directory: infra))
      try #require(outcome.succeeded, "git \(arguments): \(outcome.errorText)")
    }
    try Files.makeDirectory(infra)
    try await git(["init", "-q"])
    for version in ["1.4.1", "1.4.2"] {
      try write("\(version)\n", to: "\(infra)/skills", "VERSION")
      try write(
        "---\nname: greeter\ndescription: Greets as \(version)\n---\n",
        to: "\(infra)/skills/greeter", "SKILL.md")
      _ = try LockWriter(checkout: infra).write(
        openclaw: .init(version: openclaw, daemon: nil, cli: nil, schemas: nil),
        skillsVersion: version, tenants: tenants)
      try await git(["add", "-A"])
      try await git(["commit", "-qm", version])
      try await git(["tag", "v\(version)"])
    }
    let checkout = GitCheckout(
      directory: infra, git: try requireTool("git"), environment: environment)
    let old = try await checkout.fetch(tag: "v1.4.1", commit: nil)
    let new = try await checkout.fetch(tag: "v1.4.2", commit: nil)
    try await checkout.export(old, to: home("first"))
    _ = try await DirectorySliceStore(root: home("skills")).place(
      from: home("first"), marker: old.marker, token: "setup")
    try await checkout.checkOut(old)
    return Made(home: home, old: old, new: new)
  }
}
