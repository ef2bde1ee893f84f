import SluiceCore
import SluiceHAProxy
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceRehearsal

@Suite("The rehearsal's fleet")
struct RehearsalFleetTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("three gateways stand as an operator would have set them up, on 1.4.1")
  func built() async throws {
    let fleet = try await builtFleet(in: directory("r"))
    #expect(fleet.fleet.canaries.map(\.name.rawValue) == ["mac-a"])
    #expect(fleet.fleet.stables.map(\.name.rawValue) == ["mac-b", "mac-c"])
    let writer = try await GitCheckout(directory: fleet.layout.infra, git: requireTool("git"))
      .state()
    #expect(writer.dirty.isEmpty)
    for host in fleet.layout.hosts {
      let infra = try await GitCheckout(directory: host.infra, git: requireTool("git")).state()
      #expect(infra.lockDigest == writer.lockDigest && infra.dirty.isEmpty)
      let store = DirectorySliceStore(root: host.skills)
      #expect(try await store.links() == Links(current: "1.4.1", next: "1.4.1"))
      #expect(try await store.digest(of: "1.4.1") == infra.lock?.skills.tree)
      #expect(try Files.status(of: host.tokenFile)?.mode == 0o600)
      #expect(try Files.status(of: host.configuration)?.mode == 0o600)
      let fragments = TenantFragments(root: host.tenants).survey()
      #expect(fragments.faults == [])
      #expect(fragments.digests == infra.lock?.tenants)
    }
  }

  @Test(
    "a fleet that is kept suggests no release that it runs already, and a rollback only if there is one"
  )
  func kept() async throws {
    let fleet = try await builtFleet(in: directory("r"))
    let first = await fleet.keepLines()
    #expect(first[0].hasPrefix("The fleet stays up on v1.4.1,"))
    #expect(first.contains { $0.hasPrefix("  sluice promote v1.4.2 ") })
    #expect(!first.contains { $0.contains("sluice rollback") })
    let later = fleet.keepLines(running: "v1.4.2", canGoBack: true)
    #expect(later[0].hasPrefix("The fleet stays up on v1.4.2,"))
    #expect(!later.contains { $0.contains("promote v1.4.2") })
    #expect(later.contains { $0.hasPrefix("  sluice promote v1.4.3 ") })
    #expect(later.contains { $0.contains("sluice rollback") })
    let last = fleet.keepLines(running: "v1.4.3", canGoBack: true)
    #expect(last.contains { $0.hasPrefix("  sluice promote v1.4.2 ") })
    for lines in [first, later, last] {
      #expect(lines.last == "To stop it:  sluice rehearse --stop --dir \(fleet.layout.directory)")
    }
  }

  @Test("hosts fetch later releases from the writer; only 1.6.0 is not what its lock says")
  func releases() async throws {
    let fleet = try await builtFleet(in: directory("r"))
    let host = try #require(fleet.layout.hosts.first)
    let checkout = GitCheckout(directory: host.infra, git: try requireTool("git"))
    for version in ["1.4.2", "1.5.0", "1.6.0"] {
      let release = try await checkout.fetch(tag: "v\(version)", commit: nil)
      #expect(release.lock.skills.version == version)
      let tree = directory("tree-\(version)")
      try await checkout.export(release, to: tree)
      let store = DirectorySliceStore(root: host.skills)
      if version == "1.6.0" {
        let error = await #expect(throws: PortError.self) {
          try await store.place(from: tree, marker: release.marker, token: version)
        }
        #expect(error?.message.contains("greeter/SKILL.md has other content") == true)
      } else {
        #expect(try await store.place(from: tree, marker: release.marker, token: version))
      }
    }
  }

  @Test("1.5.0 fails five per cent of its sessions and is twice as slow as 1.4.1")
  func quality() {
    #expect(
      SkillPack.bad.files["quality.json"]
        == "{\"latencyMs\":{\"p50\":300,\"sigma\":0.35},\"errorRate\":0.0500}\n")
    #expect(SkillPack.current.quality.median * 2 == SkillPack.bad.quality.median)
    #expect(SkillPack.good.files["greeter/SKILL.md"] != SkillPack.current.files["greeter/SKILL.md"])
  }

  @Test("real gateways have the stand-in model, sessions over HTTP, and the build in every lock")
  func real() async throws {
    let build = OpenClawBuild(program: "/bin/sh", version: "2026.9.4")
    let fleet = try await RehearsalFleet.build(
      in: directory("r"), programs: .init(sluice: "/bin/sh", standIn: "/bin/sh", build: build),
      timing: .real())
    let host = try #require(fleet.layout.hosts.first)
    let text = try Files.readText(host.configuration)
    #expect(text.contains("http://\(fleet.layout.model)/v1") && !text.contains("startMs"))
    #expect(text.contains("\"chatCompletions\""))
    let spec = try #require(fleet.fleet.hosts.first)
    #expect(spec.openclaw.digest == nil && spec.openclaw.cli == "/bin/sh")
    #expect(spec.openclaw.environment["OPENCLAW_NO_AUTO_UPDATE"] == "1")
    #expect(!host.skills.hasPrefix(try #require(spec.openclaw.environment["HOME"])))
    let infra = try await GitCheckout(directory: host.infra, git: requireTool("git")).state()
    #expect(infra.lock?.openclaw.version == "2026.9.4")
    #expect(fleet.fleet.ramp.steps.map(\.share.basisPoints) == [1_000, 3_000])
    let bad = try Files.readText("\(fleet.layout.infra)/skills/quality.json")
    #expect(bad.contains("\"p50\":300"))
  }

  @Test("a slower machine gets fewer sessions, longer steps, and Doctor less often")
  func fitted() {
    func machine(_ factor: Int64) -> Calibration {
      Calibration(
        startMilliseconds: 14_000 * factor, firstSessionMilliseconds: 9_000 * factor,
        sessionMilliseconds: 1_000 * factor, sessionsPerSecond: 3 / Double(factor),
        doctorMilliseconds: 7_000 * factor, memoryBytes: 790_000_000)
    }
    let fast = RehearsalTiming.real().fitted(to: machine(1))
    let slow = RehearsalTiming.real().fitted(to: machine(10))
    #expect(fast.sessionsPerSecond > 1 && slow.sessionsPerSecond == 0.2)
    #expect(fast.holdMilliseconds == 15_000 && slow.holdMilliseconds == 30_000)
    #expect(fast.doctorMilliseconds == 120_000 && slow.doctorMilliseconds == 700_000)
    #expect(
      machine(1).lines(fast)[0]
        == "here a start takes 14 s, the first session after it 9.0 s, a later one 1.0 s, "
        + "Doctor 7.0 s, 790 MB a gateway")
  }

  @Test(
    "a build is what the program says it is",
    arguments: [
      ("OpenClaw 2026.9.6 (eb377ac)\n", "2026.9.6"), ("OpenClaw 2026.7.1-2", "2026.7.1-2"),
      ("OpenClaw", nil), ("openclaw 1", nil), ("OpenClaw is not configured", nil),
    ] as [(String, String?)])
  func version(text: String, version: String?) {
    #expect(OpenClawBuild.version(in: text) == version)
  }

  @Test(
    "a program's package is where the program is, or where its script says",
    arguments: [
      (
        #"exec node "/opt/oc/2026.9.6/node_modules/openclaw/openclaw.mjs" "$@""#,
        "/opt/oc/2026.9.6/node_modules"
      ),
      ("/usr/lib/node_modules/openclaw/openclaw.mjs", "/usr/lib/node_modules"),
      ("APP=/srv/node_modules/openclaw/bin", "/srv/node_modules"),
      ("node ./node_modules/openclaw/openclaw.mjs", nil), ("#!/usr/bin/env node", nil),
    ] as [(String, String?)])
  func package(line: String, modules: String?) {
    #expect(OpenClawBuild.modules(namedIn: line) == modules)
  }

  @Test("where another build is played, both stand on every host, and locks pin them whole")
  func builds() async throws {
    func install(_ version: String, state: Int) throws -> OpenClawBuild {
      let package = directory("install/\(version)/node_modules/openclaw")
      try Files.makeDirectory(package)
      let manifest = """
        {"version": "\(version)", "bin": {"openclaw": "openclaw.mjs"},
         "openclaw": {"schemaVersions": {"state": \(state)}}}
        """
      try Files.replace("\(package)/package.json", with: Array(manifest.utf8), durable: false)
      let program = "\(package)/openclaw.mjs"
      try Files.replace(program, with: Array("#!/bin/sh\n".utf8), mode: 0o755, durable: false)
      let link = directory("install/openclaw-\(version)")
      try Files.swingLink(
        link, to: "\(version)/node_modules/openclaw/openclaw.mjs", token: "new")
      return OpenClawBuild(program: link, version: version)
    }
    let fleet = try await RehearsalFleet.build(
      in: directory("r"),
      programs: .init(
        sluice: "/bin/sh", standIn: "/bin/sh", build: install("2026.9.4", state: 17),
        next: install("2026.9.6", state: 18)), timing: .real())
    for host in fleet.fleet.hosts {
      let root = try #require(host.paths.builds)
      let store = DirectoryBuildStore(root: root)
      #expect(try await store.current() == "2026.9.4")
      #expect(try await store.builds().map(\.version) == ["2026.9.4", "2026.9.6"])
      #expect(host.openclaw.cli == "\(root)/current/bin/openclaw")
      #expect(try Files.status(of: "\(root)/2026.9.6/bin/openclaw")?.mode == 0o755)
    }
    let checkout = GitCheckout(
      directory: fleet.layout.hosts[0].infra, git: try requireTool("git"))
    let old = try await checkout.fetch(tag: SkillPack.good.tag, commit: nil)
    let new = try await checkout.fetch(tag: SkillPack.nextBuild.tag, commit: nil)
    #expect(old.lock.openclaw.version == "2026.9.4" && new.lock.openclaw.version == "2026.9.6")
    #expect(old.lock.openclaw.daemon != nil && new.lock.openclaw.schemas == ["state": 18])
  }

  @Test("a program that is not OpenClaw is refused with what to name instead")
  func noBuild() async throws {
    for program in [try requireTool("true"), "/nonexistent/openclaw"] {
      let error = await #expect(throws: PortError.self) {
        try await OpenClawBuild.read(program)
      }
      #expect(error?.remedy?.contains("--openclaw") == true)
    }
  }

  @Test("a long directory with blanks is reached by a short path, gone after the end")
  func alias() async throws {
    let long = directory(
      "a directory with blanks " + String(repeating: "and a long name ", count: 4))
    let fleet = try await builtFleet(in: long)
    let alias = fleet.layout.alias
    #expect(alias.utf8.count <= 56 && !alias.contains(" "))
    let spec = try #require(fleet.fleet.balancer.managed)
    #expect(try HAProxyFiles(directory: spec.directory).directory.hasPrefix(alias))
    let socket = fleet.layout.hosts[0].socket
    let listener = try SocketListener.listen(.unix(path: socket))
    #expect(try Files.status(of: "\(long)/hosts/mac-a/sluice/agent.sock")?.kind == .other)
    listener.close()
    #expect(await fleet.stop().isEmpty)
    #expect(try Files.status(of: alias) == nil)
    #expect(try Files.status(of: fleet.layout.fleetFile)?.kind == .regular)
  }

  @Test("a directory that holds something is refused, and stays as it is")
  func occupied() async throws {
    try Files.create(directory("mine"), with: [1], mode: 0o600)
    let error = await #expect(throws: PortError.self) {
      try await builtFleet(in: directory.path)
    }
    #expect(error?.message.contains("is not empty") == true)
    #expect(try Files.names(in: directory.path) == ["mine"])
  }

  @Test("ports are free, different, and none that the system gives to outgoing connections")
  func ports() throws {
    let listener = try SocketListener.listen(
      .tcp(host: "127.0.0.1", port: 0))
    defer { listener.close() }
    guard case .tcp(_, let taken) = listener.address else { return }
    let found = try RehearsalPorts.find(5, startingAt: taken).numbers
    #expect(Set(found).count == 5 && !found.contains(taken))
    #expect(found.allSatisfy(PortFinder.range.contains))
  }

  @Test("rehearsals that begin in the same second get a directory each")
  func sameSecond() throws {
    let names = try (0..<3).map { _ in
      try RehearsalLayout.makeDefault(
        in: directory.path, wallMilliseconds: 1_795_356_131_000)
    }
    let name = "rehearsal-20261122-140211"
    #expect(names == [name, "\(name)-2", "\(name)-3"])
    #expect(try Files.names(in: directory.path).sorted() == names)
  }

  @Test("of two that were given the same directory, one gets it")
  func oneOwner() async throws {
    let path = directory("same")
    async let first = try? builtFleet(in: path)
    async let second = try? builtFleet(in: path)
    let built = await [first, second].compactMap(\.self)
    #expect(built.count == 1)
  }

  @Test("the directory's name is the moment in UTC")
  func name() {
    #expect(
      RehearsalLayout.defaultName(wallMilliseconds: 1_795_356_131_000)
        == "rehearsal-20261122-140211")
  }
}

@Suite("The rehearsal's processes")
struct RehearsalProcessTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("what a killed rehearsal left behind is found with the command to end it")
  func leftovers() async throws {
    let fleet = try await builtFleet(
      in: directory("rehearsal-1"), program: requireTool("sleep"))
    let process = try fleet.start("agent-mac-a", ["60"])
    let found = try #require(Leftover.find(in: directory.path).first)
    #expect(found.processes == [.init(name: "agent-mac-a", process: process)])
    #expect(found.lines.last == "To stop it:  sluice rehearse --stop --dir \(found.directory)")
    #expect(await fleet.stop().isEmpty)
    #expect(!Processes.isRunning(process))
    #expect(Leftover.find(in: directory.path).isEmpty)
  }

  @Test("a process that hears no SIGTERM is ended all the same, with what it started")
  func stubborn() async throws {
    let fleet = try await builtFleet(in: directory("r"))
    let script = "trap '' TERM; sleep 61 & echo $! > \(directory("child")); while :; do wait; done"
    _ = try fleet.start("agent-mac-b", ["-c", script])
    #expect(
      try await eventually { try Files.status(of: directory("child")).map { $0.size > 0 } == true })
    let child = try #require(Int32(Files.readText(directory("child")).dropLast()))
    #expect(await fleet.processes.stop(patience: .milliseconds(300)).isEmpty)
    #expect(await eventually { Processes.identity(of: child) == nil })
  }

  @Test("a gateway that does not get ready is named with its log")
  func notReady() async throws {
    let fleet = try await builtFleet(in: directory("r"))
    let error = await #expect(throws: PortError.self) {
      try await fleet.awaitReady(probes: false, deadline: .milliseconds(100))
    }
    #expect(error?.message.contains("the gateway of mac-a did not get ready") == true)
    #expect(error?.remedy?.contains("hosts/mac-a/gateway.log") == true)
  }

  @Test("after an interruption the cleanup runs to its end")
  func interruption() async throws {
    let cleaned = directory("cleaned")
    // A number that nobody else here listens to, and that does nothing by itself.
    let number = SIGWINCH
    let value: Int? = try await Interruption.guarding(against: [number]) {
      // As Ctrl-C would, as soon as somebody listens: this body has begun.
      let own = try #require(Processes.identity(of: HostFacts.processIdentifier))
      try Processes.signal(own, number)
      try await SystemClock.sleep(for: .seconds(60))
      return 1
    } cleanup: {
      try? await SystemClock.sleep(for: .milliseconds(1))
      if !Task.isCancelled { try? Files.create(cleaned, with: [], mode: 0o600) }
    }
    #expect(value == nil)
    #expect(try Files.status(of: cleaned) != nil)
  }
}
