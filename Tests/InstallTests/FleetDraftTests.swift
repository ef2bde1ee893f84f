import SluiceCore
import SluiceFleetFile
import SluicePorts
import SluiceSystem
import SluiceYAML
import Testing

@testable import SluiceInstall

@Suite("The file that init writes")
struct FleetDraftTests {
  private func fleet(_ draft: FleetDraft) throws -> Fleet {
    do { return try FleetFile.read(Array(draft.text.utf8), file: "sluice.yaml") } catch {
      Issue.record("\(error)\n\(draft.text)")
      throw error
    }
  }

  private func look(_ lines: String) -> LookResult {
    FirstLookReader.read(FirstLookTests.answer(FirstLookTests.framed(lines)))
  }

  @Test("what the look found stands in the file, and its gaps are marked at their keys")
  func found() throws {
    var interview = InterviewTests.named("mac-a mac-b mac-c")
    interview.learn([
      HostName("mac-a"): look(FirstLookTests.mac), HostName("mac-b"): look(FirstLookTests.linux),
      HostName("mac-c"): .unseen("mac-c did not answer"),
    ])
    while let question = interview.next { #expect(interview.answer(question, "") == nil) }
    let route = SSHRoute("user ops\nhostname mac-b.example\nport 22\nproxyjump bastion\n")
    let draft = FleetDraft(
      interview, routes: [HostName("mac-b"): try #require(route)], writer: nil)
    let fleet = try fleet(draft)

    let (a, b, c) = (fleet.hosts[0], fleet.hosts[1], fleet.hosts[2])
    #expect(a.arm == .canary && a.gateway == "10.0.0.11:18789" && a.probe == "10.0.0.11:8088")
    #expect(a.openclaw.cli == "/opt/homebrew/bin/openclaw")
    #expect(
      a.openclaw.service
        == .launchd(
          domain: "system", label: "com.openclaw.gateway",
          plist: "/Library/LaunchDaemons/com.openclaw.gateway.plist"))
    #expect(a.openclaw.environment["HOME"] == "/Users/openclaw")
    #expect(
      a.openclaw.environment["PATH"] == "/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    #expect(b.openclaw.service == .systemd(unit: "openclaw-gateway.service"))
    #expect(
      b.connection
        == .ssh(
          destination: "mac-b", socket: "/var/db/openclaw/sluice/agent.sock", settings: .operators))
    #expect(c.openclaw.service == .launchd(domain: "gui/501", label: "ai.openclaw.gateway"))
    #expect(fleet.probeFrom == ["10.0.0.5", "192.0.2.1"])
    #expect(fleet.writer.identity == FleetDraft.identity)

    #expect(!draft.gaps.contains { $0.hasPrefix("mac-a:") })
    #expect(draft.gaps.contains("mac-b: openclaw.token_file"))
    #expect(draft.gaps.contains("mac-b: gateway (listens on loopback only)"))
    #expect(draft.gaps.contains("mac-c: openclaw.service"))
    #expect(draft.text.contains("# mac-c: the look failed: mac-c did not answer"))
    #expect(draft.text.contains("# NOT FOUND: the program openclaw."))
    #expect(draft.text.contains("also there: launchd gui/501/ai.openclaw.gateway"))
  }

  @Test("a service of another account leaves the environment to a person")
  func otherAccount() throws {
    var interview = InterviewTests.named("mac-a mac-b")
    let text = FirstLookTests.mac.replacing("user=openclaw", with: "user=admin")
    interview.learn([HostName("mac-a"): look(text)])
    let draft = FleetDraft(interview, routes: [:], writer: nil)
    #expect(try fleet(draft).hosts[0].openclaw.environment.isEmpty)
    #expect(draft.text.contains("OpenClaw runs as openclaw and ssh reaches admin"))
  }

  /// Values as hosts and persons give them, and as nobody should.
  private struct Draws {
    var random: SplitMix64
    static let values = [
      "/opt/homebrew/bin/openclaw", "/a b/c", "/a'b\"c\\d", "/x#y: z", "/{a}[b],c", "/-", "/~",
      "/%name", "/\u{1B}[1m", "/ü", "yes", "null", "0x10", "1e3", "*alias", "&anchor", "!tag",
      "- x",
      "? x", "system", "gui/501", "ai.openclaw.gateway", "openclaw.service", "2026.9.6", "v1.2",
      "10.0.0.11", "::1", "fd00::7", "127.0.0.1", "mac-a", "*:18789", "[::]:18789",
      "127.0.0.1:8088",
      "10.0.0.11:8088", "/ghp_0123456789abcdef0123", "sk-0123456789abcdef", "a|b|/c|1|d",
      "system|ai.openclaw.gateway|/L/a b.plist|12|root", "system|a.service|0|",
      "user|b.service|4|x",
      "gui/0|x:|/p: q|1|u", "true|1.0|/#|1|-",
    ]
    static let keys = [
      "system", "machine", "user", "home", "address", "peer", "openclaw", "openclaw_version",
      "haproxy", "token_file", "skills", "tenants", "infra", "launchd", "systemd", "listener",
    ]
    static let names = [
      "mac-a", "ops@mac-b.example", "ssh://ops@mac-c:2222", "local", "10.0.0.7", "[fd00::1]",
      "true=mac-d", "1=mac-e", "x=yes", "null", "a@b@c", "ssh://u@[::1]:22", "front=10.0.0.8",
    ]

    mutating func pick(_ from: [String]) -> String { from.randomElement(using: &random) ?? "" }

    mutating func look() -> LookResult {
      if Int.random(in: 0..<6, using: &random) == 0 {
        return .unseen("x: \(pick(Self.values))\n# y")
      }
      var lines = ""
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        lines += "\(pick(Self.keys))=\(pick(Self.values))\n"
      }
      return FirstLookReader.read(FirstLookTests.answer(FirstLookTests.framed(lines)))
    }

    mutating func interview() -> Interview {
      var interview = Interview()
      var tries = 0
      while let question = interview.next, tries < 1_000 {
        tries += 1
        let text: String
        switch question {
        case .fleet: text = pick(Self.values)
        case .hosts:
          let count = Int.random(in: 2...5, using: &random)
          text = (0..<count).map { _ in pick(Self.names) }.joined(separator: " ")
        case .canary: text = pick(interview.hosts.map(\.name.rawValue))
        case .balancer, .gateway: text = pick(Self.values + ["", "[::1]:80", "h.example:443"])
        }
        _ = interview.answer(question, text)
        if interview.next == nil, interview.look(at: HostName("none")) == nil, tries < 500 {
          var looks: [HostName: LookResult] = [HostName("none"): .unseen("")]
          for host in interview.hosts { looks[host.name] = look() }
          interview.learn(looks)
        }
      }
      return interview
    }
  }

  @Test("whatever persons answer and hosts show, the file can be loaded")
  func loads() throws {
    for seed in 0..<1_200 { try load(seed) }
  }

  private func load(_ seed: Int) throws {
    var draws = Draws(random: SplitMix64(seed: UInt64(seed)))
    let interview = draws.interview()
    var routes: [HostName: SSHRoute] = [:]
    for host in interview.hosts where Bool.random(using: &draws.random) {
      routes[host.name] = SSHRoute(
        "user \(draws.pick(Draws.values))\nhostname \(draws.pick(Draws.values))\nport 22\n"
          + (Bool.random(using: &draws.random) ? "proxyjump b\n" : ""))
    }
    let draft = FleetDraft(interview, routes: routes, writer: draws.look().look)
    let fleet = try fleet(draft)
    #expect(fleet.hosts.map(\.name) == interview.hosts.map(\.name), "seed \(seed)")
    #expect(fleet.canaries.map(\.name) == [interview.canary].compactMap(\.self))
    for host in fleet.hosts {
      if let given = interview.gateways[host.name] { #expect(host.gateway == given) }
    }
  }
}
