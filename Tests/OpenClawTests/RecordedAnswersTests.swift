import Foundation
import SluiceCore
import SluiceSystem
import Testing

@testable import OpenClawStandIn
@testable import SluiceOpenClaw

/// Every answer that was recorded of the real OpenClaw is read, and means what the table of
/// `docs/openclaw.md` says. A recording that nobody reads fails.
@Suite("Recorded answers of 2026.4.26, 2026.7.1-2 and 2026.9.6")
struct RecordedAnswersTests {
  /// Every folder of recordings.
  static let versions: [String] = {
    let url = Bundle.module.url(forResource: "Fixtures", withExtension: nil)
    let names = url.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0.path) }
    return (names ?? []).filter { $0.first?.isNumber == true }.sorted()
  }()

  /// `VERSION/name`, without what the readers of a connection are tested with elsewhere.
  static let names: [String] = versions.flatMap { version -> [String] in
    guard let folder = Bundle.module.url(forResource: "Fixtures/\(version)", withExtension: nil),
      let walk = FileManager.default.enumerator(atPath: folder.path)
    else { return [] }
    return walk.compactMap { $0 as? String }.filter { $0.contains(".") }
      .map { "\(version)/\($0)" }.sorted()
  }

  @Test("there are the recordings of three versions")
  func count() {
    for version in ["2026.4.26", "2026.7.1-2", "2026.9.6"] {
      #expect(Self.versions.contains(version))
      #expect(Self.names.count { $0.hasPrefix("\(version)/") } > 30)
    }
  }

  @Test("every recording is read", arguments: names)
  func reading(name: String) throws {
    let parts = name.split(separator: "/", maxSplits: 1)
    let (version, file) = (String(parts[0]), String(parts[1]))
    guard file.hasSuffix(".json") else {
      #expect(file == "gateway-log.txt", "nobody reads \(name)")
      return try log(version)
    }
    let stem = String(file.dropLast(5))
    let recorded = try recording(stem, of: version)
    if stem.hasPrefix("rpc/") { return try rpc(String(stem.dropFirst(4)), recorded) }
    if recorded["argv"] != nil { return try command(stem, version, recorded) }
    if recorded["path"] != nil { return probe(stem, version, recorded) }
    if stem.hasPrefix("probes-") { return try life(stem, version, recorded) }
    if stem == "gateway-exits" { return exits(version, recorded) }
    if stem == "gateway-newer-state" {
      // Which build it was, and which state: a rollback that only moves the link would not do.
      #expect(recorded["exit"]?.whole == 78)
      #expect(recorded["log"]?.text?.contains("uses newer schema version 18") == true)
      return
    }
    #expect(stem == "sessions", "nobody reads \(name)")
    try sessions(recorded)
  }

  // MARK: Commands

  private func output(_ recorded: JSON) -> CommandOutput {
    CommandOutput(
      exit: recorded["exit"]?.whole.map { Int32($0) },
      standardOutput: Array((recorded["stdout"]?.text ?? "").utf8),
      standardError: Array((recorded["stderr"]?.text ?? "").utf8),
      timedOut: recorded["exit"]?.whole == nil)
  }

  private func command(_ stem: String, _ version: String, _ recorded: JSON) throws {
    let output = output(recorded)
    let isOld = version == "2026.4.26"
    switch stem {
    case "version", "version-short": #expect(CommandReaders.version(output) == version)
    case "version-json-unknown":
      #expect(CommandReaders.version(output) == nil)
      #expect(output.isNotOffered != output.timedOut, "2026.4.26 hung until it was ended")
    case "config-lint-unknown", "unknown-flag":
      #expect(output.isNotOffered)
      #expect(CommandReaders.configuration(output) == nil && CommandReaders.doctor(output) == nil)
    case _ where stem.hasPrefix("config-validate"): try configuration(stem, output)
    case "config-get": #expect(output.decode([String].self) == ["/var/db/openclaw/skills/current"])
    case "config-file": #expect(output.isNotOffered == (version != "2026.9.6"))
    case _ where stem.hasPrefix("doctor"): doctor(stem, version, output)
    case _ where stem.hasPrefix("skills-info"): try skill(stem, version, output)
    case "skills-list", "call-skills-status-flipped": try skills(stem, output)
    case "skills-check":
      // Names only, of a new process: no proof of what runs.
      #expect(CommandReaders.skills(output) == nil && output.fault == nil)
    case _ where stem.hasPrefix("gateway-status"): try status(stem, version, output)
    case _ where stem.hasPrefix("gateway-suspend"), _ where stem.hasPrefix("gateway-resume"):
      closing(stem, version, output)
    case "status-up": #expect(CommandReaders.queueDepth(output) == 0)
    case "health-down", "health-wrong-token": health(stem, version, output)
    case "health-up", "gateway-probe-up", "gateway-restart-no-service":
      #expect(output.fault == nil && output.decode(Told.self)?.ok == true)
    case "gateway-probe-down": #expect(output.decode(Told.self)?.ok == false)
    case "update-status": #expect(output.exit == 0 && output.fault == nil)
    case "second-gateway-same-port":
      // The one that was there goes on: 2026.7 ends with 0 all the same.
      #expect(output.exit == (version == "2026.9.6" ? 78 : 0))
      #expect(output.reason.isEmpty == false)
    default: Issue.record("nobody reads \(version)/\(stem); isOld: \(isOld)")
    }
  }

  private struct Told: Decodable { let ok: Bool }

  private func configuration(_ stem: String, _ output: CommandOutput) throws {
    let faults = try #require(CommandReaders.configuration(output))
    switch stem {
    case "config-validate-good": #expect(faults == [])
    case "config-validate-missing": #expect(faults == ["file not found"])
    case "config-validate-unknown-key", "config-validate-wrong-type", "config-validate-syntax":
      #expect(faults.count == 1 && faults[0].contains(": "))
    default: Issue.record("nobody reads \(stem)")
    }
  }

  /// 2026.4 has no Doctor that only reads, 2026.7 none without `--lint`; a report is a report whatever
  /// the exit code.
  private func doctor(_ stem: String, _ version: String, _ output: CommandOutput) {
    let isLint = stem.hasPrefix("doctor-lint")
    guard version == "2026.9.6" || (version == "2026.7.1-2" && isLint) else {
      #expect(CommandReaders.doctor(output) == nil && output.isNotOffered)
      return
    }
    guard let report = CommandReaders.doctor(output) else {
      Issue.record("\(version)/\(stem) is no report")
      return
    }
    let errors = report.findings.count { $0.severity == .error }
    switch stem {
    case "doctor-lint-configured-errors", "doctor-lint-fresh-errors":
      #expect(report.findings == [] && output.exit == 0)
    case "doctor-lint-syntax", "doctor-syntax", "doctor-lint-unknown-key", "doctor-lint-bad-only":
      #expect(errors == 1)
    default: #expect(errors == 0 && !report.findings.isEmpty, "a good gateway is never quite green")
    }
    if !isLint { #expect(output.exit == 0, "0 even when it is not ok") }
  }

  /// Absent is said with exit code 0 before 2026.9; why stands on standard error, if anywhere.
  private func skill(_ stem: String, _ version: String, _ output: CommandOutput) throws {
    let skill = try #require(CommandReaders.skill(output))
    // 2026.4 loads hard links; the later ones refuse them.
    let isLoaded =
      ["skills-info", "skills-info-flipped"].contains(stem)
      || (stem == "skills-info-hardlinked" && version == "2026.4.26")
    switch isLoaded {
    case true:
      #expect(
        skill
          == .found(
            path: "/var/db/openclaw/skills/current/greeter/SKILL.md",
            source: LoadedSkill.packSource))
    case false:
      guard case .notFound(let why) = skill else {
        Issue.record("\(version)/\(stem) was found")
        return
      }
      #expect(output.exit == (version == "2026.9.6" ? 1 : 0))
      if stem.contains("symlinked") { #expect(why?.contains("symlink-escape") == true) }
    }
  }

  private func skills(_ stem: String, _ output: CommandOutput) throws {
    let skills = try #require(CommandReaders.skills(output)).skills
    let greeter = try #require(skills.first { $0.name == "greeter" })
    #expect(greeter.source == LoadedSkill.packSource && greeter.eligible == true)
    #expect(skills.count > 40)
    if stem.hasPrefix("call") {
      #expect(greeter.description == "Greets people politely, release 1.4.2.")
    }
  }

  private func status(_ stem: String, _ version: String, _ output: CommandOutput) throws {
    let status = try #require(CommandReaders.status(output))
    guard stem.contains("-up") else {
      #expect(!status.rpc.ok && status.rpc.error != nil)
      return
    }
    #expect(status.rpc.ok && status.rpc.server?.version == version)
    #expect(status.pid != nil)
    #expect((status.rpc.server?.buildId != nil) == (version == "2026.9.6"))
    let namesBoot = version == "2026.9.6" && stem.contains("require-rpc")
    #expect((status.rpc.server?.bootId != nil) == namesBoot)
  }

  private func closing(_ stem: String, _ version: String, _ output: CommandOutput) {
    guard version == "2026.9.6" else {
      #expect(output.isNotOffered)
      return
    }
    switch stem {
    case "gateway-suspend", "gateway-suspend-again-same":
      let answer = CommandReaders.suspension(output)
      #expect(answer?.status == "ready" && answer?.suspensionId != nil && answer?.active == 0)
    case "gateway-resume": #expect(CommandReaders.resumed(output) == true)
    case "gateway-suspend-other": #expect(output.fault?.code == "UNAVAILABLE")
    case "gateway-resume-wrong": #expect(output.fault?.code == "INVALID_REQUEST")
    case "gateway-suspend-down": #expect(output.fault?.type == "gateway_transport_error")
    default: Issue.record("nobody reads \(stem)")
    }
    if output.fault != nil {
      #expect(CommandReaders.suspension(output) == nil && CommandReaders.resumed(output) != true)
    }
  }

  /// `health --json` answers in the device's own name: a wrong token is not seen by it (M.9).
  private func health(_ stem: String, _ version: String, _ output: CommandOutput) {
    if stem == "health-wrong-token", version == "2026.9.6" {
      #expect(output.decode(Told.self)?.ok == true)
      return
    }
    #expect(output.decode(Told.self)?.ok != true)
    #expect(output.reason.contains("ateway"))
  }

  // MARK: Probes

  func answer(_ recorded: JSON) -> ProbeAnswer {
    let body = recorded["body"]
    return ProbeAnswer(
      status: Int(recorded["status"]?.whole ?? 0),
      contentType: recorded.at("headers")?["Content-Type"]?.text ?? "application/json",
      body: Array((body?.text ?? body?.compact ?? "").utf8))
  }

  private func probe(_ stem: String, _ version: String, _ recorded: JSON) {
    let answer = answer(recorded)
    let isNew = version == "2026.9.6"
    switch stem {
    case _ where stem.hasPrefix("healthz"):
      #expect(ProbeReaders.isAlive(answer), "also where every session is refused")
    case "startupz-local": #expect(ProbeReaders.knowsStartup(answer) == isNew)
    case "startupz-suspended":
      #expect(ProbeReaders.startup(answer) == (isNew ? .draining : nil))
    case "startupz-remote", "startupz-token", "readyz-remote", "readyz-token":
      let forwarded = ProbeReaders.forwarded(answer)
      if isNew {
        #expect(forwarded == .unattributed)
      } else {
        #expect((forwarded == .served) == stem.hasPrefix("readyz"))
      }
    case "readyz-local", "readyz-resumed":
      #expect(ProbeReaders.readiness(answer) == .started(failing: []))
    case "readyz-suspended":
      #expect(ProbeReaders.readiness(answer) == (isNew ? .draining : .started(failing: [])))
    case "readyz-post", "unknown-path", "prometheus", "prometheus-no-token":
      // 200 with a page, 404 or 405: no answer of a probe's.
      guard case .unintelligible = ProbeReaders.readiness(answer) else {
        Issue.record("\(version)/\(stem) was taken for an answer")
        return
      }
      #expect(!ProbeReaders.knowsStartup(answer) && !ProbeReaders.isAlive(answer))
    default: Issue.record("nobody reads \(version)/\(stem)")
    }
  }

  /// A start or an end, as its probes told it.
  private func life(_ stem: String, _ version: String, _ recorded: JSON) throws {
    var startup: [GatewayReadiness?] = []
    var ready: [GatewayReadiness] = []
    for look in try #require(recorded.items) where look["status"]?.whole != 0 {
      let isPage = look["body"]?.text?.hasPrefix("<!doctype") == true
      var answer = answer(look)
      if isPage { answer.contentType = "text/html" }
      switch look["path"]?.text {
      case "/startupz": startup.append(ProbeReaders.startup(answer))
      case "/readyz": ready.append(ProbeReaders.readiness(answer))
      default: #expect(ProbeReaders.isAlive(answer))
      }
    }
    switch stem {
    case "probes-stopping":
      #expect(startup == [version == "2026.9.6" ? .draining : nil])
      #expect(ready == [])
    default:
      #expect(ready.last == .started(failing: []))
      if version == "2026.9.6" {
        #expect(startup.first == .starting("startup-sidecars"))
        #expect(ready.first == .starting("startup-sidecars"))
      }
    }
  }

  // MARK: What else

  /// SIGTERM ends well; what can never come up is told by 78, but for a key of 2026.4's.
  private func exits(_ version: String, _ recorded: JSON) {
    #expect(recorded["sigterm"]?.whole == 0)
    #expect(recorded["syntax"]?.whole == 78)
    #expect(recorded["unknown-key"]?.whole == (version == "2026.4.26" ? 1 : 78))
  }

  /// On 2026.9 a session that existed follows a flipped link on its next turn.
  private func sessions(_ recorded: JSON) throws {
    let steps = try #require(recorded.items)
    let old = steps.filter { $0["step"]?.text?.contains("old session") == true }
    let seen = old.compactMap { $0.at("model.greeter")?.items?.first?.text }
    #expect(seen.first == "1.4.1" && seen.contains("1.4.2"))
    for step in steps where step["status"]?.whole == 503 {
      let body = Array((step["body"]?.text ?? "").utf8)
      let answer = ProbeAnswer(status: 503, contentType: "application/json", body: body)
      #expect(ProbeReaders.isClosed(answer))
    }
  }

  private func log(_ version: String) throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/\(version)/gateway-log", withExtension: "txt"))
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    #expect(lines.contains { $0.contains("[gateway] ready") })
  }
}
