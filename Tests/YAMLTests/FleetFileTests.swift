import Foundation
import SluiceCore
import SluiceFleetFile
import SluiceYAML
import Testing

@Suite("sluice.yaml")
struct FleetFileTests {
  static let example: String = {
    let here = URL(filePath: #filePath)
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? String(contentsOf: root.appending(path: "docs/sluice.yaml"), encoding: .utf8))
      ?? ""
  }()

  func read(_ text: String) throws(YAMLError) -> Fleet {
    try FleetFile.read(Array(text.utf8), file: "sluice.yaml")
  }

  /// The message of the error that a change of the example causes.
  func fault(replacing old: String, with new: String) -> String? {
    guard Self.example.contains(old) else { return "the example has no \"\(old)\"" }
    do {
      _ = try read(Self.example.replacing(old, with: new))
      return nil
    } catch { return error.description }
  }

  @Test("a step names the tenants who join the canary with it")
  func tenants() throws {
    let step = "  - share: 20%\n    hold: 10m"
    let text = Self.example.replacing(step, with: step + "\n    tenants: [initech, globex]")
    #expect(try read(text).ramp.tenants(at: 0) == [])
    #expect(try read(text).ramp.tenants(at: 2) == ["globex", "initech"])
  }

  @Test(
    "tenants who cannot be pinned are named",
    arguments: [
      ("[acme]", "acme belongs to the canary arm already, by balancer.cohorts"),
      ("[initech, initech]", "initech is named twice in the ramp"),
      ("[Initech]", "\"Initech\" cannot name a tenant"),
      ("initech", "sluice.yaml:"),
      ("[\((1...65).map { "t\($0)" }.joined(separator: ", "))]", "pins more than 64 tenants"),
    ])
  func unpinnable(tenants: String, message: String) {
    let step = "  - share: 20%\n    hold: 10m"
    let fault = fault(replacing: step, with: step + "\n    tenants: \(tenants)")
    #expect(fault?.contains(message) == true, "\(fault ?? "none")")
  }

  @Test(
    "the agent reaches its gateway over loopback, whatever way the balancer takes, or as the file says",
    arguments: [
      ("10.0.0.12:18789", nil, "127.0.0.1:18789"), ("mac-b.example:18790", nil, "127.0.0.1:18790"),
      ("127.0.0.1:7", nil, "127.0.0.1:7"), ("localhost:7", nil, "localhost:7"),
      ("10.0.0.12:18789", "10.0.0.12:18789", "10.0.0.12:18789"),
    ])
  func localGateway(sessions: String, address: String?, local: String) throws {
    let line = address.map { "\n      address: \($0)" } ?? ""
    let text = Self.example.replacing("gateway: 10.0.0.12:18789", with: "gateway: \(sessions)")
      .replacing(
        "    ssh: openclaw@mac-b.example\n    openclaw:",
        with: "    ssh: openclaw@mac-b.example\n    openclaw:" + line)
    let host = try #require(try read(text).hosts.first { $0.name == HostName("mac-b") })
    #expect(host.gateway == sessions && host.localGateway == local)
  }

  @Test("the documented example says what the documentation says")
  func example() throws {
    let fleet = try read(Self.example)
    #expect(fleet.hosts.map(\.name.rawValue) == ["mac-a", "mac-b", "mac-c"])
    #expect(fleet.canaries.map(\.name.rawValue) == ["mac-a"])
    #expect(fleet.ramp.steps.map(\.share.basisPoints) == [500, 2_000, 4_000])
    #expect(fleet.judge.errorMargin == 200)
    #expect(fleet.judge.latencyFactor == 150)
    #expect(fleet.balancer.cohorts == ["acme": .canary])
    #expect(fleet.hosts[2].openclaw.service != fleet.hosts[1].openclaw.service)
    guard case .ssh(let destination, _, _) = fleet.hosts[0].connection else {
      Issue.record("mac-a is not reached over ssh")
      return
    }
    #expect(destination == "openclaw@mac-a.example")
    #expect(fleet.hosts[0].paths.builds == "/var/db/openclaw/builds")
    #expect(fleet.hosts[0].openclaw.stateDirectory == "/Users/openclaw/.openclaw")
    #expect(fleet.hosts[1].paths.builds == nil)
    #expect(fleet.probeFrom == ["10.0.0.5", "10.0.1.0/24"])
    #expect(fleet.hosts[0].openclaw.environmentFile == "/var/db/openclaw/secrets/openclaw.env")
    // The example writes the defaults out.
    #expect(fleet.retention == RetentionPolicy())
    #expect(fleet.writer.identity == "/var/db/openclaw/secrets/writer_ed25519")
  }

  @Test("who is told a probe's details is named by address, and nobody is looked up")
  func probeFrom() throws {
    for (bad, word) in [
      ("prometheus.example", "no address"), ("10.0.1.5/24", "no address"),
      ("10.0.1.0/33", "no address"),
      ("010.0.0.1", "no address"), ("1:2:3", "no address"), ("fe80::1::2", "no address"),
    ] {
      let message = fault(replacing: "- 10.0.1.0/24", with: "- \"\(bad)\"")
      #expect(message?.contains(word) == true, "\(bad)")
    }
    var fleet = try read(Self.example)
    fleet.balancer.managed?.bind = "0.0.0.0:8080"
    fleet.probeFrom = ["10.0.0.5", "10.0.1.0/24", "fd00:1::/32"]
    let known = [
      "127.0.0.1", "::1", "10.0.0.5", "10.0.1.200", "::ffff:10.0.1.3", "fd00:1:2::7", nil,
    ]
    for address in known { #expect(fleet.probeAudience.contains(address), "\(address ?? "unix")") }
    for address in ["10.0.0.6", "10.0.2.1", "127.0.0.2", "0.0.0.0", "::", "fd00:2::1", "x"] {
      #expect(!fleet.probeAudience.contains(address), "\(address)")
    }
    fleet.probeFrom = nil
    #expect(!fleet.probeAudience.contains("10.0.0.5"))
    // Where the balancer's own address is known its keeper goes on as before.
    fleet.balancer.managed?.bind = "10.0.0.5:8080"
    #expect(fleet.probeAudience.contains("10.0.0.5") && !fleet.probeAudience.contains("10.0.0.6"))
    fleet.balancer.managed?.bind = "[fd00::5]:8080"
    #expect(fleet.probeAudience.contains("fd00:0:0:0:0:0:0:5"))
  }

  @Test("who may sign tags stands outside of what a committer writes")
  func signedTags() throws {
    let fleet = try read(Self.example)
    #expect(
      fleet.signedTags
        == SignedTags(
          allowedSigners: "/etc/openclaw/allowed_signers",
          revokedKeys: "/etc/openclaw/revoked_keys"))
    for key in ["allowed_signers", "revoked_keys"] {
      let inside = fault(
        replacing: "\(key): /etc/openclaw/\(key)",
        with: "\(key): /usr/local/share/openclaw-infra/\(key)")
      #expect(inside?.contains("where every committer writes") == true, "\(inside ?? "")")
    }
    let relative = fault(
      replacing: "allowed_signers: /etc/openclaw/allowed_signers", with: "allowed_signers: signers")
    #expect(relative?.contains("absolute path") == true)
    let none = fault(
      replacing: "  allowed_signers: /etc/openclaw/allowed_signers\n", with: "")
    #expect(none?.contains("allowed_signers") == true)
  }

  @Test("an environment with harmless values and names of files is read")
  func harmless() throws {
    let text = Self.example.replacing(
      "        HOME: /Users/openclaw\n",
      with: "        HOME: /Users/openclaw\n        GATEWAY_TOKEN_FILE: /secrets/t\n"
        + "        API_KEY: /secrets/k\n        LC_ALL: C\n        EMPTY_TOKEN: \"\"\n")
    #expect(try read(text).hosts[0].openclaw.environment.count == 5)
  }

  @Test("builds that something does not go through, or that cannot be stopped, are refused")
  func builds() {
    let around = fault(
      replacing: "cli: /var/db/openclaw/builds/current/bin/openclaw",
      with: "cli: /opt/homebrew/bin/openclaw")
    #expect(around?.contains("/var/db/openclaw/builds/current/…") == true)
    let plist = "          plist: /Users/openclaw/Library/LaunchAgents/ai.openclaw.gateway.plist\n"
    #expect(fault(replacing: plist, with: "")?.contains("property list as plist") == true)
    let state = "      state: /Users/openclaw/.openclaw\n      environment:\n"
    let nothing = fault(
      replacing: state + "        HOME: /Users/openclaw\n",
      with: "      environment:\n        LANG: C\n")
    #expect(nothing?.contains("where OpenClaw keeps its state") == true)
  }

  @Test("what is left out has the values that the documentation gives")
  func defaults() throws {
    let short = """
      fleet: small
      balancer: {kind: managed, bind: "127.0.0.1:80"}
      hosts:
        - {name: a, arm: canary, gateway: "h:1", probe: "h:2", openclaw: &x
      """
    #expect(throws: YAMLError.self) { try read(short) }
    let service = "{cli: /c, token_file: /t, service: {systemd: {unit: u}}}"
    let fleet = try read(
      """
      fleet: small
      balancer: {kind: managed, bind: "127.0.0.1:80"}
      hosts:
        - {name: a, arm: canary, gateway: "h:1", probe: "h:2", openclaw: \(service)}
        - {name: b, gateway: "h:3", probe: "h:4", openclaw: \(service)}
      """)
    let documented = try read(Self.example)
    #expect(fleet.judge == documented.judge)
    #expect(fleet.probe == documented.probe)
    var swing = documented.swing
    swing.deadManMilliseconds = nil
    #expect(fleet.swing == swing)
    #expect(fleet.ramp == documented.ramp)
    var writer = documented.writer
    writer.identity = nil
    #expect(fleet.writer == writer)
    #expect(fleet.capacityFloor == documented.capacityFloor)
    #expect(fleet.bakeMilliseconds == documented.bakeMilliseconds)
  }

  @Test(
    "what is wrong is named with file, line and remedy",
    arguments: [
      ("bake: 10m", "bakee: 10m", "Did you mean"),
      ("name: mac-b", "name: mac-a", "names mac-a twice"),
      ("share: 20%", "share: 4%", "shares must rise"),
      ("share: 40%", "share: 90%", "points in one step"),
      ("arm: canary ", "arm: stable ", "the canary arm has no host"),
      ("arm: canary ", "arm: canarie ", "canary"),
      ("bind: 0.0.0.0:8080", "bind: 8080", "host:port"),
      ("ledger: /var", "ledger: var", "absolute path"),
      ("name: mac-b", "name: Mac_B", "cannot name a host"),
      ("maximum_age: 15m", "maximum_age: 1m", "too old"),
      ("capacity_floor: 1", "capacity_floor: 2", "capacity_floor"),
      ("probe: 10.0.0.12:8088", "probe: 10.0.0.11:8088", "both use"),
      ("kind: managed", "kind: magic", "managed"),
      ("systemd:", "systemdd:", "systemdd"),
      ("  drain: 2m", "  drain: two", "drain"),
      ("rollback_drain: 5s", "rollback_drain: 2h", "rollback_drain"),
      ("rollback_drain: 5s", "rollback_drain: -1s", "rollback_drain"),
      ("HOME: /Users/openclaw", "OPENAI_API_KEY: hunter2", "has the name of a secret"),
      ("HOME: /Users/openclaw", "HOME: sk-REDACTED-0123456789", "begins like an API key"),
      ("HOME: /Users/openclaw", "X: a8F3kLm29QzX7pR4tYw1", "environment_file"),
      ("http://127.0.0.1:9099", "http://me:pw@127.0.0.1:9099", "URL with a password"),
      ("v1/webhook-digest", "v1/webhook-digest?token=abc", "secret in its query"),
      ("[gateway, run]", "[gateway, run, --token, hunter2]", "arguments[3]"),
      ("[gateway, run]", "[gateway, run, --auth-token=hunter2]", "arguments[2]"),
      ("doctor: [doctor,", "doctor: [doctor, ghp_0123456789abcdefghij,", "GitHub token"),
      ("fleet: example", "fleet: AKIA0123456789ABCDEF", "fleet begins like"),
      ("identity: /var", "identity: var", "absolute path"),
      ("environment_file: /var", "environment_file: var", "absolute path"),
    ])
  func faults(old: String, new: String, expected: String) throws {
    let message = try #require(fault(replacing: old, with: new))
    for secret in ["hunter2", "0123456789", "kLm29"] { #expect(!message.contains(secret)) }
    #expect(message.hasPrefix("sluice.yaml:"))
    #expect(message.contains(expected))
    #expect(message.contains("\n"), "the remedy stands on a line of its own")
  }
}
