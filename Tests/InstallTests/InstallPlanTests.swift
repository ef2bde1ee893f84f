import SluiceCore
import SluiceCrypto
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceInstall

/// A host that answers scripts from a list, and keeps what it was asked.
final class ScriptedShell: HostShell {
  private let answers: Mutex<[Result<ShellAnswer, PortError>]>
  private let asked = Mutex<[ShellScript]>([])

  init(_ answers: [Result<ShellAnswer, PortError>]) { self.answers = Mutex(answers) }

  var scripts: [ShellScript] { asked.withLock { $0 } }

  func run(_ script: ShellScript, deadline: Duration) async throws(PortError) -> ShellAnswer {
    asked.withLock { $0.append(script) }
    let next = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    return try (next ?? .success(ShellAnswer(exitCode: 0, output: [], errors: ""))).get()
  }
}

@Suite("Installing Sluice on a host")
struct InstallPlanTests {
  static let line =
    "restrict,command=\"/s node --stdio --socket /a\" ssh-ed25519 AAAAC3Nza1 sluice-writer"
  private static let program = Array("program".utf8)
  private static let fleet = Array("fleet: f\n".utf8)

  private static func sight(_ lines: String) throws -> InstallSight {
    let text = "\(LookFrame.begin)\n\(lines)\n\(LookFrame.end)\n"
    return try InstallSight.read(
      ShellAnswer(exitCode: 0, output: Array(text.utf8), errors: ""), of: HostName("mac-a"))
  }

  private static let fresh = """
    platform=Darwin arm64
    user=openclaw
    uid=501
    home=/Users/openclaw
    manager=launchd
    """

  /// A host on which everything is done.
  private static func settled(_ scope: AgentUnit.Scope = .system) -> String {
    let unit = UnitTextTests.unit(.launchd, scope)
    return fresh + """

      root=yes
      state=own
      program=\(SHA256Digest.hex(program))
      version=sluice 0.1.0
      fleet=\(SHA256Digest.hex(fleet))
      unit=\(SHA256Digest.hex(Array(unit.text.utf8)))
      running=yes
      key=exact
      """
  }

  private static func plan(
    _ lines: String, _ purpose: InstallPlan.Purpose = .install, platform: String? = "Darwin arm64",
    line: String? = line, scope: AgentUnit.Scope = .system
  ) throws -> InstallPlan {
    InstallPlan(
      InstallPlan.Shared(
        purpose: purpose, scope: scope,
        program: ProgramImage(
          bytes: program, digest: SHA256Digest.hex(program), platform: platform), fleet: fleet),
      place: UnitTextTests.place(), line: line, sight: try sight(lines))
  }

  private func words(_ plan: InstallPlan) -> [String] {
    plan.steps.map { step in
      switch step.plan {
      case .done: "\(step.kind) done"
      case .blocked: "\(step.kind) blocked"
      case .work(let work): "\(step.kind) \(work.needsRoot == nil ? "work" : "root")"
      }
    }
  }

  @Test("a fresh host gets every step, and root is asked for where root is needed")
  func fresh() throws {
    #expect(
      words(try Self.plan(Self.fresh))
        == [
          "directory root", "program work", "fleet work", "key work", "unit work", "service root",
        ])
    let own = try Self.plan(Self.fresh + "\nparent=yes", scope: .user)
    #expect(words(own).allSatisfy { $0.hasSuffix("work") })
  }

  @Test("on a host where all is done, nothing is to do")
  func settled() throws {
    let plan = try Self.plan(Self.settled())
    #expect(plan.isDone && plan.steps.count == 5)
    #expect(try Self.plan(Self.settled(), .upgrade).isDone)
  }

  @Test("a host without a service manager is done once a person has started its agent")
  func withoutManager() throws {
    let done = Self.settled().replacing("manager=launchd\n", with: "")
    #expect(try Self.plan(done).isDone)
    let plan = try Self.plan(done.replacing("running=yes\n", with: ""))
    #expect(words(plan).last == "service blocked" && !plan.isDone)
    let changed = try Self.plan(done.replacing("fleet=", with: "fleet=0"))
    guard case .blocked(_, let remedy)? = changed.steps.last?.plan else {
      Issue.record("\(words(changed))")
      return
    }
    #expect(remedy.hasPrefix("Start the agent anew by your own means, as openclaw:"))
  }

  @Test(
    "one difference is one step, and a changed file starts the agent anew",
    arguments: [
      (
        "program=", "program=0",
        ["directory done", "program work", "fleet done", "key done", "service root"]
      ),
      (
        "fleet=", "fleet=0",
        ["directory done", "program done", "fleet work", "key done", "service root"]
      ),
      (
        "running=yes", "running=no",
        ["directory done", "program done", "fleet done", "key done", "service root"]
      ),
      (
        "key=exact", "key=ours",
        ["directory done", "program done", "fleet done", "key work", "service done"]
      ),
      (
        "key=exact", "key=foreign",
        ["directory done", "program done", "fleet done", "key blocked", "service done"]
      ),
      (
        "state=own", "state=foreign",
        ["directory blocked", "program done", "fleet done", "key done", "service done"]
      ),
    ])
  func difference(from: String, to: String, expected: [String]) throws {
    let plan = try Self.plan(Self.settled().replacing(from, with: to))
    #expect(words(plan) == expected)
  }

  @Test("a host of another kind gets no program that could not run there")
  func otherPlatform() throws {
    let plan = try Self.plan(Self.fresh, platform: "Linux x86_64")
    guard case .blocked(let reason, let remedy) = plan.steps[1].plan else {
      return #expect(Bool(false), "the program is to be copied")
    }
    #expect(reason.contains("Darwin arm64") && reason.contains("Linux x86_64"))
    #expect(remedy.contains("--program"))
    #expect(words(try Self.plan(Self.fresh, platform: nil))[1] == "program work")
  }

  @Test("a host without a service manager is told the command to start")
  func noManager() throws {
    let plan = try Self.plan(Self.fresh.replacing("manager=launchd", with: ""))
    guard case .blocked(_, let remedy)? = plan.steps.last?.plan else {
      return #expect(Bool(false), "a service is planned")
    }
    #expect(remedy.contains("/var/db/openclaw/sluice/bin/sluice agent --fleet"))
  }

  @Test("a host by the operator's own ssh gets no line in authorized_keys")
  func operators() throws {
    #expect(!words(try Self.plan(Self.fresh, line: nil)).contains { $0.hasPrefix("key") })
  }

  @Test("an upgrade needs an installation")
  func upgrade() throws {
    #expect(words(try Self.plan(Self.fresh, .upgrade)) == ["program blocked"])
  }

  @Test("uninstall undoes what is there, and nothing where nothing is")
  func uninstall() throws {
    #expect(
      words(try Self.plan(Self.settled(), .uninstall))
        == ["service root", "key work", "files work"])
    #expect(try Self.plan(Self.fresh, .uninstall).isDone)
    let foreign = Self.settled().replacing("key=exact", with: "key=foreign")
    #expect(words(try Self.plan(foreign, .uninstall))[1] == "key done")
  }

  @Test("the steps run in their order, and each says how it went")
  func run() async throws {
    let shell = ScriptedShell([])
    let plan = try Self.plan(Self.fresh + "\nroot=yes")
    var outcomes: [InstallRun.Outcome] = []
    let isDone = await InstallRun(plan, on: shell)
      .perform(before: { _ in }, after: { _, outcome in outcomes.append(outcome) })
    #expect(isDone && outcomes.allSatisfy { $0 == .done } && outcomes.count == 6)
    #expect(shell.scripts.count == 6)
    #expect(shell.scripts[1].input == Self.program && shell.scripts[2].input == Self.fleet)
    #expect(shell.scripts[3].text.contains(Self.line))
    #expect(shell.scripts[5].text.contains("launchctl bootstrap system"))
  }

  @Test("without root the run stops at the step that needs root, and prints its commands")
  func byHand() async throws {
    let shell = ScriptedShell([])
    let plan = try Self.plan(Self.fresh)
    var last: InstallRun.Outcome?
    let isDone = await InstallRun(plan, on: shell)
      .perform(before: { _ in }, after: { _, outcome in last = outcome })
    #expect(!isDone && shell.scripts.isEmpty)
    guard case .byHand(let reason, let commands)? = last else {
      return #expect(Bool(false), "nothing is left to a person")
    }
    #expect(reason.contains("sudo") && commands.hasPrefix("sudo mkdir -p"))
  }

  @Test("the run stops at a step that fails, in the words of the host")
  func failure() async throws {
    let shell = ScriptedShell([
      .success(ShellAnswer(exitCode: 0, output: [], errors: "")),
      .success(ShellAnswer(exitCode: 1, output: [], errors: "motd\nno space left on device\n")),
    ])
    let plan = try Self.plan(Self.fresh + "\nroot=yes")
    var outcomes: [InstallRun.Outcome] = []
    let isDone = await InstallRun(plan, on: shell)
      .perform(before: { _ in }, after: { _, outcome in outcomes.append(outcome) })
    #expect(!isDone && outcomes.count == 2 && shell.scripts.count == 2)
    guard case .failed(let reason, _)? = outcomes.last else {
      return #expect(Bool(false), "the failure is not told")
    }
    #expect(reason.contains("no space left on device"))
    let away = ScriptedShell([.failure(PortError(.unreachable, "mac-a is away"))])
    var second: InstallRun.Outcome?
    _ = await InstallRun(plan, on: away)
      .perform(before: { _ in }, after: { _, outcome in second = outcome })
    #expect(second == .failed("mac-a is away", remedy: "Run the command again."))
  }

  @Test("every script is one to a shell, whatever manager, scope and purpose")
  func syntax() async throws {
    var count = 0
    for lines in [Self.fresh, Self.settled(), Self.settled().replacing("exact", with: "ours")] {
      for manager in ["launchd", "systemd"] {
        let lines = lines.replacing("manager=launchd", with: "manager=\(manager)")
          .replacing("unit=", with: "unit=\(String(repeating: "0", count: 64))\nx=")
        for scope in AgentUnit.Scope.allCases {
          for purpose in [InstallPlan.Purpose.install, .upgrade, .uninstall] {
            for step in try Self.plan(lines, purpose, scope: scope).steps {
              guard case .work(let work) = step.plan else { continue }
              try await check(work.script.text)
              count += 1
            }
          }
          try await check(
            InstallLook.script(UnitTextTests.place("/a 'b'/c"), scope, line: Self.line).text)
        }
      }
    }
    #expect(count > 40)
    try await check(FirstLookScript.script.text)
  }

  private func check(_ script: String) async throws {
    let outcome = try await Processes.run(
      ProcessCommand("/bin/sh", ["-n"], input: Array(script.utf8)))
    #expect(outcome.succeeded, "\(outcome.errorText)\n\(script)")
  }

  @Test(
    "an agent of the account is written to its place, and the manager is told in order",
    arguments: [AgentUnit.Manager.launchd, .systemd])
  func serviceScripts(manager: AgentUnit.Manager) async throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("state"))
    let unit = AgentUnit(
      manager: manager, scope: .user, place: UnitTextTests.place(home("state")), account: "a",
      accountNumber: 501, home: home.path)
    let work = UnitWork(unit: unit)
    // The managers are functions of the shell that write down how they were called.
    let stubs = """
      launchctl() { echo "launchctl $*" >> \(home("calls")); }
      systemctl() { echo "systemctl $* in $XDG_RUNTIME_DIR" >> \(home("calls")); }

      """
    func run(_ work: InstallWork) async throws -> [Substring] {
      let outcome = try await Processes.run(
        ProcessCommand(
          "/bin/sh", ["-c", stubs + work.script.text], environment: ["HOME": home.path],
          input: work.script.input ?? []))
      #expect(outcome.succeeded, "\(outcome.errorText)")
      let calls = try Files.readText(home("calls")).split(separator: "\n")
      try Files.removeFile(home("calls"))
      return calls
    }
    let started = try await run(work.starting)
    #expect(try Files.readText(unit.path) == unit.text)
    let removed = try await run(work.removing)
    #expect(try Files.status(of: unit.path) == nil)
    switch manager {
    case .launchd:
      let target = "gui/501/ai.openclaw.sluice.agent"
      #expect(
        started == [
          "launchctl bootout \(target)", "launchctl enable \(target)",
          "launchctl bootstrap gui/501 \(unit.path)",
        ])
      #expect(removed == ["launchctl bootout \(target)"])
    case .systemd:
      let place = "in /run/user/501"
      #expect(
        started == [
          "systemctl --user daemon-reload \(place)",
          "systemctl --user enable --quiet sluice-agent.service \(place)",
          "systemctl --user restart sluice-agent.service \(place)",
        ])
      #expect(
        removed == [
          "systemctl --user disable --quiet --now sluice-agent.service \(place)",
          "systemctl --user daemon-reload \(place)",
        ])
    }
  }

  @Test(
    "a look of another form is no account to install for",
    arguments: [
      "", "user=a;rm\nuid=1\nhome=/h", "user=root\nuid=0\nhome=relative", "user=-x\nhome=/h",
      "home=/h",
    ])
  func foreignSight(lines: String) {
    #expect(throws: PortError.self) { try Self.sight(lines) }
  }

  @Test("values of a look that could end a word of a script are left out")
  func values() throws {
    let sight = try Self.sight(
      Self.fresh + "\nprogram=xyz\nfleet=$(rm)\nmanager=init\nstate=other\nkey=maybe\nuid=x")
    #expect(sight.program == nil && sight.fleet == nil && sight.manager == nil)
    #expect(sight.state == .foreign && sight.key == .foreign && sight.userNumber == 0)
  }
}

@Suite("Host keys and destinations")
struct HostKeyTests {
  private static let ed = "AAAAC3NzaC1lZDI1NTE5AAAAIKz5kZ0mJfOaF0bQz6c0c5v8l0r9Xn1bQ2uY3w4e5r6t"

  @Test("the preferred key of a scan counts, and comments and noise do not")
  func scan() throws {
    let rsa = "AAAAB3NzaC1yc2EAAAADAQABAAABAQC7" + String(repeating: "A", count: 44)
    let text = """
      # mac-a:22 SSH-2.0-OpenSSH_9.9
      mac-a ssh-rsa \(rsa)
      mac-a ssh-ed25519 \(Self.ed)
      mac-a ssh-dss AAAA
      garbage
      """
    let key = try #require(HostKey.scanned(text))
    #expect(key.kind == "ssh-ed25519" && key.line(for: HostName("m")) == "m ssh-ed25519 \(Self.ed)")
    #expect(HostKey.scanned("# nothing\n") == nil)
    #expect(HostKey.scanned("a ssh-ed25519 AAAA\n") == nil)
    #expect(HostKey.scanned("a ssh-ed25519 ;;;;\n") == nil)
  }

  @Test("the record keeps other hosts' lines")
  func record() {
    let text = "mac-a ssh-ed25519 \(Self.ed)\nmac-ab ssh-ed25519 \(Self.ed)\n# note\n"
    #expect(HostKey.recorded(for: HostName("mac-a"), in: text).count == 1)
    #expect(HostKey.recorded(for: HostName("mac"), in: text).isEmpty)
    let left = HostKey.removing(HostName("mac-a"), from: text)
    #expect(left == "mac-ab ssh-ed25519 \(Self.ed)\n# note\n")
  }

  @Test("a destination gives machine and port")
  func destination() {
    let found = ["ops@mac-a", "mac-a", "ssh://ops@mac-a:2222", "ssh://mac-a", "ssh://a@[::1]:22"]
      .map { SSHDestination($0).map { "\($0.host) \($0.port)" } }
    #expect(found == ["mac-a 22", "mac-a 22", "mac-a 2222", "mac-a 22", "::1 22"])
    for text in ["", "ops@", "ssh://a:0", "ssh://a:x", "ssh://a/b", "u@-oProxyCommand=x"] {
      #expect(SSHDestination(text) == nil, "\(text)")
    }
  }
}
