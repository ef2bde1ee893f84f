import SluiceController
import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceInstall

@Suite("The first look at a host")
struct FirstLookTests {
  static func answer(_ text: String, exitCode: Int32 = 0, errors: String = "") -> ShellAnswer {
    ShellAnswer(exitCode: exitCode, output: Array(text.utf8), errors: errors)
  }

  static func framed(_ lines: String) -> String {
    "\(LookFrame.begin)\n\(lines)\n\(LookFrame.end)\n"
  }

  static let mac = """
    system=Darwin
    machine=arm64
    user=openclaw
    home=/Users/openclaw
    address=10.0.0.11
    peer=10.0.0.5
    openclaw=/opt/homebrew/bin/openclaw
    openclaw_version=OpenClaw 2026.9.6 (1a2b3c4)
    sluice=
    token_file=/var/db/openclaw/secrets/gateway.token
    skills=/var/db/openclaw/skills
    tenants=/etc/openclaw/tenants
    infra=/usr/local/share/openclaw-infra
    launchd=system|com.openclaw.gateway|/Library/LaunchDaemons/com.openclaw.gateway.plist|4711|openclaw
    launchd=gui/501|ai.openclaw.gateway|/Users/openclaw/Library/LaunchAgents/ai.openclaw.gateway.plist||
    listener=*:18789
    listener=[::1]:18791
    """

  static let linux = """
    system=Linux
    machine=x86_64
    user=claw
    home=/home/claw
    address=192.0.2.7
    peer=192.0.2.1
    openclaw=/usr/local/bin/openclaw
    openclaw_version=2026.9.4
    haproxy=/usr/sbin/haproxy
    haproxy_version=HAProxy version 2.6.12-1+deb12u2 2025/04/16 - https://haproxy.org/
    sluice=
    systemd=system|openclaw-gateway.service|812|claw
    systemd=user|openclaw-old.service|0|
    listener=127.0.0.1:18789
    """

  @Test("a Mac with a launchd daemon is read whole")
  func launchd() throws {
    let look = try #require(FirstLookReader.read(Self.answer(Self.framed(Self.mac))).look)
    #expect(look.system == "Darwin" && look.machine == "arm64" && look.user == "openclaw")
    #expect(look.address == "10.0.0.11" && look.peer == "10.0.0.5")
    #expect(look.openclaw == "/opt/homebrew/bin/openclaw" && look.openclawVersion == "2026.9.6")
    #expect(look.sluice == nil && look.haproxy == nil && look.builds == nil)
    #expect(look.listeners == ["*:18789", "[::1]:18791"])
    #expect(look.services.map(\.isRunning) == [true, false])
    #expect(
      look.services.first
        == GatewayService(
          .launchd(
            domain: "system", label: "com.openclaw.gateway",
            plist: "/Library/LaunchDaemons/com.openclaw.gateway.plist"),
          isRunning: true, user: "openclaw"))
    #expect(!look.listensOnLoopbackOnly && GatewayAddress.port(in: look) == 18_789)
  }

  @Test("a Linux host with systemd is read whole, and a unit of the account is told apart")
  func systemd() throws {
    let look = try #require(FirstLookReader.read(Self.answer(Self.framed(Self.linux))).look)
    #expect(look.openclawVersion == "2026.9.4" && look.haproxy == "/usr/sbin/haproxy")
    #expect(look.haproxyVersion == "2.6.12-1")
    #expect(look.services.map(\.isUsable) == [true, false])
    #expect(look.listensOnLoopbackOnly)
  }

  @Test("a host with nothing on it is seen, and shows nothing")
  func nothing() throws {
    let text = Self.framed("system=Linux\nmachine=aarch64\nuser=a\nhome=/home/a\naddress=\nsluice=")
    let look = try #require(FirstLookReader.read(Self.answer(text)).look)
    #expect(look.system == "Linux" && look.openclaw == nil && look.services.isEmpty)
    #expect(look.address == nil && look.listeners.isEmpty && !look.listensOnLoopbackOnly)
  }

  @Test("the text of a login shell before and after the frame does not count")
  func banner() throws {
    let noise = "Welcome to mac-a!\r\nsystem=Banner\nopenclaw=/tmp/evil\n\u{1B}[1mLast login\n"
    let text = noise + Self.framed(Self.mac) + "logout\nsystem=After\n"
    #expect(
      FirstLookReader.read(Self.answer(text))
        == FirstLookReader.read(Self.answer(Self.framed(Self.mac))))
    let crlf = Self.framed(Self.mac).replacing("\n", with: "\r\n")
    #expect(
      FirstLookReader.read(Self.answer(crlf))
        == FirstLookReader.read(Self.answer(Self.framed(Self.mac))))
  }

  @Test("without a whole frame nothing is believed, and the reason quotes the host")
  func garbage() {
    guard case .unseen(let menu) = FirstLookReader.read(Self.answer("1) Menu\u{7}\n", exitCode: 1))
    else { return #expect(Bool(false), "a menu was taken for a look") }
    #expect(menu.contains("1) Menu·") && menu.contains("exit code 1"))
    let half = "\(LookFrame.begin)\nsystem=Linux\n"
    #expect(FirstLookReader.read(Self.answer(half)).look == nil)
    #expect(FirstLookReader.read(Self.answer("")).look == nil)
  }

  @Test(
    "a value of another form is left out",
    arguments: [
      "openclaw=relative/openclaw", "openclaw=/a/../b", "openclaw=/a\u{7}b", "openclaw=/ü",
      "openclaw_version=none", "address=mac-a", "listener=10.0.0.1", "listener=mac:18789",
      "listener=10.0.0.1:0", "launchd=system|a", "launchd=system|a b|/p|1|u",
      "systemd=other|a.service|1|u", "home=\(String(repeating: "/a", count: 300))", "unknown=1",
      "=",
      "token_file=/x/ghp_0123456789abcdef0123",
    ])
  func otherForm(line: String) {
    #expect(FirstLookReader.read(Self.answer(Self.framed(line))) == .seen(FirstLook()))
  }

  @Test("any bytes are read without a trap, and every value that stays is fit for a file")
  func anyBytes() {
    var random = SplitMix64(seed: 17)
    let pieces =
      ["\n", "=", "|", ":", "/", "\r", "\u{0}", "system", "launchd", "listener", "18789", "*", "é"]
      + [LookFrame.begin, LookFrame.end, "\n" + LookFrame.begin + "\n"]
    for _ in 0..<3_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        text += pieces.randomElement(using: &random) ?? ""
      }
      guard let look = FirstLookReader.read(Self.answer(text)).look else { continue }
      for path in [look.openclaw, look.home, look.skills].compactMap(\.self) {
        #expect(path.hasPrefix("/") && path.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
      }
    }
  }

  @Test("the script runs in the shell of this machine, changes no file, and is read back")
  func realShell() async throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("bin"))
    try Files.create(
      home("bin/openclaw"), with: Array("#!/bin/sh\necho 'OpenClaw 2026.9.6 (abc)'\n".utf8),
      mode: 0o755)
    for shell in ["/bin/sh", "/bin/bash", "/bin/dash"] where FileExists.at(shell) {
      let outcome = try await Processes.run(
        ProcessCommand(
          shell, ["-s"],
          environment: [
            "HOME": home.path, "PATH": "/usr/bin", "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.9 22",
          ],
          input: Array(FirstLookScript.script.text.utf8)))
      #expect(outcome.errorText == "", "\(shell)")
      let look = try #require(
        FirstLookReader.read(
          ShellAnswer(exitCode: 0, output: outcome.standardOutput, errors: "")
        ).look, "\(shell): \(outcome.outputText)")
      #expect(look.home == home.path && look.address == "192.0.2.9" && look.peer == "192.0.2.1")
      #expect(look.system == (onLinux ? "Linux" : "Darwin"))
      if look.openclaw == home("bin/openclaw") { #expect(look.openclawVersion == "2026.9.6") }
    }
    #expect(try Files.names(in: home.path) == ["bin"])
    #expect(try Files.names(in: home("bin")) == ["openclaw"])
  }

  @Test("this machine itself can be looked at, and a host that is not there is named")
  func hosts() async {
    let here = InitHost(name: HostName("here"), ssh: nil)
    let away = InitHost(name: HostName("away"), ssh: "ssh://nobody@127.0.0.1:1")
    let looks = await HostShells.look(at: [here, away]) { _, _ in }
    #expect(looks[here.name]?.look?.system != nil)
    guard case .unseen(let reason)? = looks[away.name] else {
      return #expect(Bool(false), "nobody answers at port 1")
    }
    #expect(reason.contains("away"))
  }
}

enum FileExists {
  static func at(_ path: String) -> Bool {
    ((try? Files.status(of: path)) ?? nil) != nil
  }
}
