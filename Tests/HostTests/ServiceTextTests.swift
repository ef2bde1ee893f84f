import Testing

@testable import SluiceHost

@Suite("What launchctl and systemctl say")
struct ServiceTextTests {
  /// As `launchctl print` writes it, with keys of the same names further in.
  static let running = """
    system/ai.openclaw.gateway = {
    \tactive count = 1
    \tpath = /Library/LaunchDaemons/ai.openclaw.gateway.plist
    \ttype = LaunchDaemon
    \tstate = running

    \tprogram = /usr/local/bin/node
    \tenvironment = {
    \t\tstate = not running
    \t\tpid = 1
    \t}

    \truns = 3
    \tpid = 4711
    \tlast exit code = 0
    }

    """

  private func launchd(_ text: String, _ code: Int32 = 0, _ errors: String = "") -> ServiceReading {
    Launchctl.reading(exit: code, output: text, errors: errors)
  }

  @Test("Only the keys at the root count")
  func running() { #expect(launchd(Self.running) == .running(pid: 4711)) }

  @Test("A loaded job without a process is stopped; one that is not loaded is absent")
  func stopped() {
    let text = "x = {\n\tstate = not running\n\tlast exit code = 78\n}\n"
    #expect(launchd(text) == .stopped(exitCode: 78))
    let named = "x = {\n\tstate = not running\n\tlast exit code = 78: EX_CONFIG\n}\n"
    #expect(launchd(named) == .stopped(exitCode: 78))
    let never = "x = {\n\tstate = not running\n\tlast exit code = (never exited)\n}\n"
    #expect(launchd(never) == .stopped(exitCode: nil))
    let twice = "x = {\n\tstate = not running\n\tlast exit code = 1\n\tlast exit code = 78\n}\n"
    #expect(launchd(twice) == .stopped(exitCode: nil), "which of the two counts is not said")
    let missing = "Could not find service \"x\" in domain for system\n"
    #expect(launchd("", 113, missing) == .absent)
    #expect(launchd("", 3, missing) == .absent)
  }

  @Test(
    "A missing or repeated key and every state in between is unknown, not stopped",
    arguments: [
      "", "x = {\n}\n", "x = {\n\tpid = 4711\n}\n", "x = {\n\tstate = running\n}\n",
      "x = {\n\tstate = running\n\tstate = not running\n}\n",
      "x = {\n\tstate = running\n\tpid = 1\n\tpid = 2\n}\n",
      "x = {\n\tstate = not running\n\tpid = 4711\n}\n", "x = {\n\tstate = running\n\tpid = x\n}\n",
      "x = {\n\tstate = running\n\tpid = -1\n}\n",
      "x = {\n\tstate = spawn scheduled\n\tpid = 4711\n}\n",
      "x = {\n\tstate = running\n\tpid = 99999999999\n}\n", "x = {\n    state = not running\n}\n",
    ])
  func unknown(_ text: String) {
    guard case .unknown = launchd(text) else {
      Issue.record("read as \(launchd(text))")
      return
    }
  }

  /// As systems of the last years print a job that crashes again and again.
  static let crashing = """
    gui/501/ai.openclaw.gateway = {
    \tactive count = 0
    \tpath = /Users/operator/Library/LaunchAgents/ai.openclaw.gateway.plist
    \ttype = LaunchAgent
    \tstate = spawn scheduled

    \tprogram = /opt/homebrew/bin/node
    \tdefault environment = {
    \t\tPATH => /usr/bin:/bin
    \t}
    \tdomain = gui/501 [100005]
    \tminimum runtime = 10
    \texit timeout = 5
    \truns = 54
    \tlast exit code = 78: EX_CONFIG
    \tspawn type = daemon (3)
    \tjob state = spawn failed
    \tproperties = keepalive | runatload | inferred program
    }

    """

  @Test("A job that waits to be started again is told as that, with its exit code and its words")
  func crashLoop() throws {
    guard case .pending(let words, let code) = launchd(Self.crashing) else {
      Issue.record("read as \(launchd(Self.crashing))")
      return
    }
    #expect(code == 78)
    for part in ["state = spawn scheduled", "78: EX_CONFIG", "runs = 54", "spawn failed"] {
      #expect(words.contains(part))
    }
    let status = try launchd(Self.crashing).status(of: "x", absentRemedy: "")
    #expect(status.pid == nil && !status.isStopped && status.lastExitCode == 78)
    let killed = launchd(
      "x = {\n\tstate = spawn scheduled\n\tlast exit reason = OS_REASON_CODESIGNING\n}\n")
    guard case .pending(let reason, nil) = killed else {
      Issue.record("read as \(killed)")
      return
    }
    #expect(reason.contains("OS_REASON_CODESIGNING"))
  }

  @Test("A disabled label is found in both spellings of print-disabled")
  func disabled() {
    let words = Launchctl(domain: "gui/501", label: "ai.openclaw.gateway")
    func list(_ line: String) -> String {
      "\tdisabled services = {\n\t\t\"com.example.other\" => disabled\n\(line)\n\t}\n"
    }
    #expect(words.isDisabled(in: list("\t\t\"ai.openclaw.gateway\" => disabled")))
    #expect(words.isDisabled(in: list("\t\t\"ai.openclaw.gateway\" => true")))
    #expect(!words.isDisabled(in: list("\t\t\"ai.openclaw.gateway\" => enabled")))
    #expect(!words.isDisabled(in: list("\t\t\"ai.openclaw.gateway.two\" => disabled")))
    #expect(!words.isDisabled(in: ""))
  }

  @Test("systemd's wait between two starts is no stopped unit, and what forbids a start is named")
  func systemdAgain() {
    let waiting = systemd("loaded", "activating", "auto-restart", "0")
    #expect(waiting == .pending("activating (auto-restart)", exitCode: nil))
    let words = Systemctl(unit: "claw.service", isUser: true)
    let hit = words.obstacle(
      to: "LoadState=loaded\nActiveState=failed\nResult=start-limit-hit\nExecMainStatus=78\n")
    #expect(hit?.why.contains("last exit code 78") == true)
    #expect(hit?.remedy.hasSuffix("systemctl --user reset-failed claw.service") == true)
    let masked = words.obstacle(to: "LoadState=masked\nActiveState=inactive\n")
    #expect(masked?.remedy == "Unmask it:  systemctl --user unmask claw.service")
    #expect(words.obstacle(to: "LoadState=loaded\nActiveState=failed\nResult=exit-code\n") == nil)
    #expect(words.obstacle(to: "") == nil)
  }

  @Test("An exit code alone says nothing", arguments: [Int32(1), 5, 37, 113, 125])
  func codes(_ code: Int32) {
    guard case .unknown = launchd("x = {\n\tstate = not running\n}\n", code) else {
      Issue.record("read as something")
      return
    }
  }

  @Test("The pid that kickstart prints is read, anything else is not")
  func startedPid() {
    #expect(Launchctl.startedPid("4711\n") == 4711)
    #expect(Launchctl.startedPid("service spawned with pid: 4711\n") == 4711)
    for text in ["", "\n", "pid 0\n", "4711\n4712\n", "service already running\n", "-5"] {
      #expect(Launchctl.startedPid(text) == nil)
    }
  }

  @Test("One kick ends and starts it, and nothing is bootstrapped or booted out")
  func launchctlArguments() {
    let words = Launchctl(domain: "gui/501", label: "ai.openclaw.gateway")
    #expect(words.printing == ["print", "gui/501/ai.openclaw.gateway"])
    #expect(words.restarting == ["kickstart", "-kp", "gui/501/ai.openclaw.gateway"])
    #expect(words.starting == ["kickstart", "-p", "gui/501/ai.openclaw.gateway"])
    #expect(words.signalling("SIGTERM") == ["kill", "SIGTERM", "gui/501/ai.openclaw.gateway"])
  }

  private func systemd(
    _ load: String, _ active: String, _ sub: String, _ pid: String
  ) -> ServiceReading {
    Systemctl.reading(
      exit: 0,
      output: "LoadState=\(load)\nActiveState=\(active)\nSubState=\(sub)\nMainPID=\(pid)\n")
  }

  @Test("systemd's properties are read together, and a unit between two states is unknown")
  func systemctl() {
    #expect(systemd("loaded", "active", "running", "812") == .running(pid: 812))
    #expect(systemd("loaded", "inactive", "dead", "0") == .stopped(exitCode: nil))
    #expect(systemd("loaded", "failed", "failed", "0") == .stopped(exitCode: nil))
    #expect(systemd("not-found", "inactive", "dead", "0") == .absent)
    let between = [
      systemd("loaded", "activating", "start-pre", "0"),
      systemd("loaded", "deactivating", "stop-sigterm", "812"),
      systemd("loaded", "active", "exited", "0"), systemd("loaded", "inactive", "dead", "812"),
      systemd("loaded", "active", "running", ""), systemd("loaded", "active", "running", "-1"),
      Systemctl.reading(exit: 0, output: "ActiveState=inactive\nSubState=dead\nMainPID=0\n"),
      Systemctl.reading(
        exit: 0,
        output:
          "LoadState=loaded\nActiveState=active\nActiveState=inactive\nSubState=dead\nMainPID=0\n"
      ),
      Systemctl.reading(exit: 1, output: "LoadState=loaded\n"),
    ]
    for reading in between {
      guard case .unknown = reading else {
        Issue.record("read as \(reading)")
        continue
      }
    }
  }

  @Test("A user's unit is asked of the user's manager")
  func systemctlArguments() {
    let user = Systemctl(unit: "openclaw-gateway.service", isUser: true)
    #expect(
      user.restarting == ["--user", "restart", "--no-ask-password", "openclaw-gateway.service"])
    let system = Systemctl(unit: "openclaw-gateway.service", isUser: false)
    #expect(
      system.showing == [
        "show", "--no-pager",
        "--property=LoadState,ActiveState,SubState,MainPID,ExecMainStatus,Result",
        "openclaw-gateway.service",
      ])
  }
}

@Suite("What git is asked")
struct GitArgumentTests {
  @Test(
    "Tags that git or a shell could read otherwise are none",
    arguments: [
      "", "-x", "--upload-pack=x", "a..b", "a b", "a\n", "a/", "/a", "a//b", ".a", "a/.b", "a.lock",
      "a.", "a~1", "a^", "a:b", "a*", "a@{0}", "é", String(repeating: "a", count: 129),
    ])
  func badTags(_ tag: String) { #expect(!GitArguments.isValidTag(tag)) }

  @Test(
    "Tags that releases bear are taken",
    arguments: ["r1.4.2", "v2026.9.6-2", "prod/2026.9.6+1", "a_b"])
  func tags(_ tag: String) { #expect(GitArguments.isValidTag(tag)) }

  @Test("A tag is fetched without force, so that one that moved is an error")
  func fetch() {
    #expect(GitArguments.fetch(tag: "r1", from: "origin").last == "refs/tags/r1:refs/tags/r1")
  }

  @Test("Paths of a status are read with their spaces and renames")
  func dirtyPaths() {
    let output = Array(" M a b.txt\0R  new\0old\0?? dir/é\0".utf8)
    #expect(GitArguments.dirtyPaths(output) == ["a b.txt", "new", "dir/é"])
    #expect(GitArguments.dirtyPaths([]).isEmpty)
  }

  @Test("No configuration of user or machine, and no repository above the directory")
  func environment() {
    let environment = GitArguments.environment(directory: "/srv/infra", adding: ["HOME": "/x"])
    #expect(environment["GIT_CONFIG_NOSYSTEM"] == "1")
    #expect(environment["GIT_CONFIG_GLOBAL"] == "/dev/null")
    #expect(environment["GIT_CEILING_DIRECTORIES"] == "/srv")
    #expect(environment["HOME"] == "/x")
  }
}
