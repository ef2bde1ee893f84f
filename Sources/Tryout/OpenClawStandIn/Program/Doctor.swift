import SluiceSystem

/// The findings of `doctor --lint`: the warnings of every good gateway, and what the pack's
/// `quality.json` adds. Nothing about skills, as the real one.
struct Doctor: Sendable {
  enum Severity: String, Sendable, CaseIterable, Comparable {
    case info, warning, error

    static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
    private var rank: Int { Severity.allCases.firstIndex(of: self) ?? 0 }
  }

  struct Report: Sendable {
    let isOK: Bool
    let json: JSON
  }

  let place: ConfigurationPlace

  /// `threshold`: findings below it are left out; one that is left makes the report not ok.
  func report(_ reading: ConfigurationReading, threshold: Severity) -> Report {
    switch reading {
    case .valid(let configuration):
      report(findings(configuration), threshold, checksRun: 35, checksSkipped: 30)
    case .missing:
      report(
        [finding("core/doctor/gateway-config", .warning, "Config file is missing.", path: nil)],
        threshold, checksRun: 35, checksSkipped: 30)
    case .unparsable(let issue):
      report([invalid(issue)], threshold, checksRun: 1, checksSkipped: 0)
    case .invalid(let issues):
      report(issues.map(invalid), threshold, checksRun: 1, checksSkipped: 0)
    }
  }

  private func report(
    _ findings: [JSON], _ threshold: Severity, checksRun: Int, checksSkipped: Int
  ) -> Report {
    let shown = findings.filter { finding in
      let severity = finding["severity"]?.text.flatMap(Severity.init)
      return severity.map { $0 >= threshold } ?? true
    }
    return Report(
      isOK: shown.isEmpty,
      json: [
        "schemaVersion": 1, "ok": .bool(shown.isEmpty), "checksRun": .int(checksRun),
        "checksSkipped": .int(checksSkipped), "findings": .array(shown),
      ])
  }

  private func findings(_ configuration: Configuration) -> [JSON] {
    var findings: [JSON] = []
    let jobs = "\(configuration.stateDirectory)/cron/jobs.json"
    if (try? Files.status(of: jobs)) == nil {
      findings.append(Self.heartbeat(jobs: jobs))
    }
    if configuration.bind == .loopback { findings.append(Self.loopbackOnly) }
    findings.append(Self.plaintextToken)
    // A process of its own reads the disk, not what the gateway has loaded.
    let pack = SkillLoader(directories: configuration.extraDirectories).load()
    return findings + pack.quality.doctorFindings
  }

  private func invalid(_ issue: ConfigurationIssue) -> JSON {
    finding("core/doctor/final-config-validation", .error, issue.message, path: issue.path)
  }

  private func finding(
    _ check: String, _ severity: Severity, _ message: String, path: String?
  ) -> JSON {
    let finding: JSON = [
      "checkId": .string(check), "severity": .string(severity.rawValue),
      "message": .string(message),
    ]
    return path.map { finding.adding("path", .string($0)) } ?? finding
  }

  private static func heartbeat(jobs: String) -> JSON {
    [
      "checkId": "core/doctor/heartbeat-cadence-migration", "severity": "warning",
      "message": "Create heartbeat monitor for agent \"main\" at 30m.", "path": .string(jobs),
      "target": "main", "requirement": "heartbeat-monitor-create",
      "fixHint": "Run openclaw doctor --fix to materialize heartbeat cadence in cron.",
    ]
  }

  private static let loopbackOnly: JSON = [
    "checkId": "core/doctor/node-hosting-preconditions", "severity": "warning",
    "message":
      """
    Gateway is only bound to loopback. Set gateway.bind=lan, enable tailscale serve, or configure \
    plugins.entries.device-pair.config.publicUrl.
    """, "path": "gateway.bind", "requirement": "node-onboarding-url",
    "fixHint":
      """
    If an edge proxy fronts node onboarding, allow /j/* and /__openclaw__/worker without edge \
    identity auth, and preserve WebSocket upgrade on /__openclaw__/worker. Both routes enforce \
    their own credentials.
    """,
  ]

  private static let plaintextToken: JSON = [
    "checkId": "core/doctor/security", "severity": "warning",
    "message": "WARNING: openclaw.json contains plaintext secret-bearing config fields.",
    "requirement": "config.plaintext_secrets",
    "fixHint":
      """
    Migrate them to SecretRefs with openclaw secrets configure or openclaw secrets apply, then \
    verify with openclaw secrets audit --check.
    Paths: gateway.auth.token
    Agents or workspace tools that can read config files may see these API keys/tokens.
    """,
  ]
}
