import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn
@testable import SluiceOpenClaw

@Suite("A dialect is chosen by asking")
struct DialectTests {
  @Test(
    "a build is asked as the nearest older one that is known",
    arguments: [
      ("2026.4.26", DialectName.april, true), ("2026.5.10-beta.3", .april, false),
      ("2026.7.1-2", .july, true), ("2026.8.31", .july, false), ("2026.9.4", .september, true),
      ("2026.9.6", .september, true), ("2026.9.6-1", .september, false),
      ("2027.1.0", .september, false), ("2026.1.3", .april, false), ("git", .september, false),
    ])
  func nearest(build: String, dialect: DialectName, isMet: Bool) {
    let choice = DialectChoice.nearest(to: build)
    #expect(choice.dialect.name == dialect)
    #expect((choice.note == nil) == isMet)
    if !isMet { #expect(choice.note?.contains("taken for \(dialect.rawValue)") == true) }
  }

  /// A program that is a shell script, with the recordings of one version for what it is asked.
  private func program(
    _ version: String, in directory: TemporaryDirectory, more: String = ""
  ) throws -> String {
    func answer(_ name: String) throws -> String {
      let recorded = try recording(name, of: version)
      let base = directory("\(name)-\(version)")
      for (stream, key) in [("out", "stdout"), ("err", "stderr")] {
        let text = Array((recorded[key]?.text ?? "").utf8)
        try Files.replace("\(base).\(stream)", with: text, durable: false)
      }
      return "cat '\(base).out'; cat '\(base).err' >&2; exit \(recorded["exit"]?.whole ?? 1)"
    }
    let status = version == "2026.4.26" ? "gateway-status-down" : "gateway-status-up-require-rpc"
    let skills = version == "2026.4.26" ? "skills-list" : "call-skills-status-flipped"
    let script = """
      #!/bin/sh
      echo "$@" >> '\(directory("asked"))'
      case "$*" in
      \(more)
      --version) \(try answer("version")) ;;
      "doctor --lint"*) \(try answer("doctor-lint-configured")) ;;
      "config validate --json") \(try answer("config-validate-good")) ;;
      "gateway status"*) \(try answer(status)) ;;
      "gateway call skills.status"*) \(try answer(skills)) ;;
      "gateway suspend"*) \(version == "2026.4.26" ? "exit 1" : try answer("gateway-suspend")) ;;
      "status --json") \(version == "2026.4.26" ? "exit 1" : try answer("status-up")) ;;
      *) echo "error: unknown command" >&2; exit 1 ;;
      esac
      """
    let path = directory("openclaw-\(version)")
    try Files.replace(path, with: Array(script.utf8), mode: 0o755, durable: false)
    return path
  }

  private func control(
    _ cli: String, in directory: TemporaryDirectory, dialect: DialectName? = nil,
    commands: [String: [String]]? = nil
  ) throws -> OpenClawGateway {
    try OpenClawGateway.forTest(
      "127.0.0.1:1", in: directory, client: HTTPClient(), cli: cli, dialect: dialect,
      commands: commands)
  }

  private func asked(_ directory: TemporaryDirectory) throws -> [String] {
    try Files.readText(directory("asked")).split(separator: "\n").map(String.init)
  }

  @Test("2026.7 is asked by its program: Doctor with --lint, its queue, no drain")
  func july() async throws {
    let directory = try TemporaryDirectory()
    let control = try control(program("2026.7.1-2", in: directory), in: directory)
    let profile = await control.profile()
    #expect(profile.dialect == .july && profile.build == "2026.7.1-2" && profile.note == nil)
    #expect(!profile.speaksProtocol && !profile.followsLinks && !profile.restartsInPlace)
    #expect(try await control.doctor().findings.allSatisfy { $0.severity == .warning })
    #expect(try await control.configurationFaults() == [])
    #expect(try await control.skills().contains { $0.name == "greeter" })
    #expect(try await control.queueDepth() == 0)
    #expect(try await control.queueDepth() == 0)
    #expect(try asked(directory).count { $0 == "status --json" } == 1, "once a minute at most")
    let drain = try await failure { try await control.drain(token: "a", deadline: .seconds(600)) }
    #expect(drain.kind == .refused && drain.remedy?.contains("2026.9") == true)
    let restart = try await failure { try await control.requestRestart(reason: "x") }
    #expect(restart.remedy?.contains("swing.restart_by") == true)
    let runs = try await failure { try await control.runs(after: nil) }
    #expect(runs.kind == .refused)
    try await control.resume()
  }

  @Test("who runs is read of the status and of the process that listens")
  func julyIdentity() async throws {
    let directory = try TemporaryDirectory()
    let own = HostFacts.processIdentifier
    let status = """
      "gateway status"*) echo '{"rpc":{"ok":true,"server":{"version":"2026.7.1-2"}},"port":\
      {"listeners":[{"pid":\(own)}]}}' ;;
      """
    let control = try control(program("2026.7.1-2", in: directory, more: status), in: directory)
    let identity = try await control.identity()
    #expect(identity.version == "2026.7.1-2" && identity.pid == own && identity.marker == nil)
    let started = try #require(Processes.identity(of: own)).startedMilliseconds
    #expect(abs(identity.startedAtMilliseconds - started) < 1_000)
    #expect(try await control.identity() == identity, "the same boot says the same")
    // The recorded one's process is not there any more: nobody can tell since when it runs.
    let recorded = try self.control(program("2026.7.1-2", in: directory), in: directory)
    let gone = try await failure { try await recorded.identity() }
    #expect(gone.message.contains("which process") || gone.kind == .failed)
  }

  @Test("2026.4 has no Doctor that only reads: its configuration stands for it, and it is said")
  func april() async throws {
    let directory = try TemporaryDirectory()
    let control = try control(program("2026.4.26", in: directory), in: directory)
    let findings = try await control.doctor().findings
    #expect(findings.map(\.check) == ["sluice/no-doctor"])
    #expect(findings.map(\.severity) == [.warning])
    #expect(!(try asked(directory)).contains { $0.hasPrefix("doctor") })
    let down = try await failure { try await control.identity() }
    #expect(down.kind == .unreachable && down.message.contains("ECONNREFUSED"))
  }

  @Test("a build that lacks what its dialect has is asked as an older one")
  func stepsDown() async throws {
    let directory = try TemporaryDirectory()
    let odd =
      #"--version) echo "OpenClaw 2026.9.9 (abc)" ;; doctor*) echo "error: unknown option '--lint'" >&2; exit 1 ;;"#
    let control = try control(program("2026.4.26", in: directory, more: odd), in: directory)
    let profile = await control.profile()
    #expect(profile.dialect == .september)
    #expect(profile.note?.contains("2026.9.9 is not among the builds") == true)
    #expect(try await control.doctor().findings.map(\.check) == ["sluice/no-doctor"])
  }

  @Test("the runbook's program is asked by tenant")
  func runbook() async throws {
    let directory = try TemporaryDirectory()
    let script = """
      #!/bin/sh
      echo "$@" >> '\(directory("asked"))'
      case "$*" in
      "version --json") echo '{"version":"2026.9.6","more":1}' ;;
      "doctor --tenant acme --json") echo '{"status":"yellow"}' ;;
      "doctor --tenant zeta --json") echo '{"findings":[{"checkId":"a","severity":"error"}]}' ;;
      "config lint --tenant acme") exit 0 ;;
      "config lint --tenant zeta") echo "10-skills.yaml:3: no such link"; exit 1 ;;
      *) echo "no" >&2; exit 1 ;;
      esac
      """
    let cli = directory("openclaw")
    try Files.replace(cli, with: Array(script.utf8), mode: 0o755, durable: false)
    let control = try control(cli, in: directory)
    #expect(await control.profile().dialect == .runbook)
    let reports = try await control.doctor(tenants: ["acme", "zeta"])
    #expect(reports["acme"]?.weighty.map(\.severity) == [.warning])
    #expect(reports["zeta"]?.weighty.map(\.check) == ["a"])
    #expect(
      try await control.configurationFaults(tenants: ["acme", "zeta"])
        == ["zeta: 10-skills.yaml:3: no such link"])
  }

  @Test("sluice.yaml can say which dialect, and how a command is asked")
  func overridden() async throws {
    let directory = try TemporaryDirectory()
    let cli = try program("2026.7.1-2", in: directory)
    let forced = try control(cli, in: directory, dialect: .april)
    #expect(await forced.profile().dialect == .april)
    #expect(await forced.profile().note == "sluice.yaml says so.")
    let other = directory("doctor.sh")
    let script =
      "#!/bin/sh\necho '{\"findings\":[{\"checkId\":\"'$1'\",\"severity\":\"error\"}]}'\n"
    try Files.replace(other, with: Array(script.utf8), mode: 0o755, durable: false)
    let replaced = try control(cli, in: directory, commands: ["doctor": [other, "mine"]])
    #expect(try await replaced.doctor().findings.map(\.check) == ["mine"])
  }

  @Test("a gateway of 2026.9 without the protocol's suspension is closed by command")
  func closedByCommand() async throws {
    let directory = try TemporaryDirectory()
    let control = try control(
      program("2026.9.6", in: directory), in: directory, dialect: .july,
      commands: [
        "suspend": [
          "gateway", "suspend", "--request-id", "{request}", "--wait", "{wait}", "--json",
        ]
      ])
    let report = try await control.drain(token: "op-1", deadline: .seconds(600))
    #expect(report.isIdle && report.activeAtStart == 0)
    #expect(try asked(directory).contains("gateway suspend --request-id op-1 --wait 20 --json"))
  }

  @Test("one call at a time: the second begins when the first has ended")
  func oneAtATime() async throws {
    let directory = try TemporaryDirectory()
    let script = """
      #!/bin/sh
      case "$1" in --version) echo "OpenClaw 2026.9.6"; exit ;; esac
      if ! mkdir '\(directory("busy"))'; then echo '{"findings":[{"checkId":"two","severity":"error"}]}'; exit; fi
      sleep 0.05; rmdir '\(directory("busy"))'
      echo '{"findings":[]}'
      """
    let cli = directory("openclaw")
    try Files.replace(cli, with: Array(script.utf8), mode: 0o755, durable: false)
    let control = try control(cli, in: directory)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<6 { group.addTask { try await control.doctor().findings.count } }
      for try await count in group { #expect(count == 0) }
    }
  }
}
