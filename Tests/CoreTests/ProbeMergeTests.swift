import SluiceCore
import SluiceCrypto
import SluiceJSON
import Testing

/// A host on which all is well, to be spoilt.
struct ProbeExample {
  static let tree = Digest(of: Array("tree".utf8))
  static let lock = ReleaseLock(
    openclaw: .init(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil),
    skills: .init(version: "1.4.2", tree: tree), tenants: [:])
  static let release = Release(
    tag: "v1.4.2", commit: String(repeating: "a", count: 40),
    lockDigest: Digest(of: Array("lock".utf8)), lock: lock)
  static let policy = ProbePolicy(
    intervalMilliseconds: 1_000, doctorMilliseconds: 30_000, maximumAgeMilliseconds: 5_000,
    queueLimit: 8)
  static let known = DoctorFinding(
    check: "core/doctor/gateway-config", severity: .warning, requirement: "token",
    path: "gateway.auth.token", target: nil, message: "plaintext token, 1 file")

  static var good: ProbeInputs {
    ProbeInputs(
      host: HostName("mac-a"),
      paths: HostPaths(infra: "/infra", skills: "/skills", tenants: "/tenants", state: "/state"),
      held: release,
      disk: .init(
        infra: .seen(.init(commit: "a", lockDigest: release.lockDigest, lock: lock, dirty: [])),
        links: .seen(Links(current: "1.4.2", next: "1.4.2")),
        slice: .seen(.init(version: "1.4.2", tree: tree, fault: nil)),
        pack: [PackSkill(folder: "greeter", name: "greeter", fault: nil)],
        linkMovedAtMilliseconds: 1_000),
      process: .init(
        readiness: .started(failing: []),
        identity: .seen(
          GatewayIdentity(
            version: "2026.9.6", buildID: "b", bootID: "boot-1", pid: 7,
            startedAtMilliseconds: 2_000, marker: release.marker)),
        skills: .seen([
          LoadedSkill(
            name: "greeter", description: "", source: "openclaw-extra",
            filePath: "/skills/current/greeter/SKILL.md", isEligible: true)
        ]),
        queueDepth: .seen(0), behindBalancer: .seen(nil)),
      doctor: [
        "*": .init(
          report: .seen(DoctorReport(findings: [known], raw: Array("doctor".utf8))),
          ageMilliseconds: 0, accepted: [known])
      ],
      word: nil,
      digest: .seen(WebhookDigestReport(state: .clean, rows: 0, raw: Array("digest".utf8))),
      observedAtMilliseconds: 3_000, ageMilliseconds: 10)
  }

  static func word(_ busy: [String]) -> ProbeInputs.Word {
    .init(busy: BusyTenants(names: busy, withinMilliseconds: 30_000), atMilliseconds: 2_000)
  }

  static func probe(_ spoil: (inout ProbeInputs) -> Void) -> MergedProbe {
    var inputs = good
    spoil(&inputs)
    return MergedProbe(merging: inputs, policy: policy)
  }

  static func identity(_ change: (inout GatewayIdentity) -> Void) -> Sighting<GatewayIdentity> {
    guard var identity = good.process.identity.value else { return .unseen("the example has none") }
    change(&identity)
    return .seen(identity)
  }

  static func findings(_ findings: [DoctorFinding]) -> ProbeInputs.Doctor {
    .init(
      report: .seen(DoctorReport(findings: findings, raw: Array("other".utf8))),
      ageMilliseconds: 0, accepted: [known])
  }
}

@Suite("The merged probe")
struct ProbeMergeTests {
  typealias Example = ProbeExample

  struct Spoilt: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let status: MergedProbe.Status
    let check: String
    let spoil: @Sendable (inout ProbeInputs) -> Void

    init(
      _ name: String, _ status: MergedProbe.Status, _ check: String,
      _ spoil: @escaping @Sendable (inout ProbeInputs) -> Void
    ) {
      testDescription = name
      self.status = status
      self.check = check
      self.spoil = spoil
    }
  }

  @Test("all well is ok, without a reason")
  func good() {
    let probe = Example.probe { _ in }
    #expect(probe.status == .ok)
    #expect(probe.reasons == [])
    #expect(probe.skills.treeIsSound)
    #expect(probe.doctor["*"] == .init(status: .green, findings: 1, accepted: 1))
    #expect(probe.ageMilliseconds == 10)
  }

  static let spoilt: [Spoilt] = [
    Spoilt("current names another version", .fail, "skills") {
      $0.disk.links = .seen(Links(current: "1.4.1", next: nil))
    },
    Spoilt("current dangles", .fail, "skills") {
      $0.disk.links = .seen(Links(current: nil, next: nil))
    },
    Spoilt("the tree was altered", .fail, "skills") {
      $0.disk.slice = .seen(.init(version: "1.4.2", tree: .zero, fault: nil))
    },
    Spoilt("next names nothing", .degraded, "skills") {
      $0.disk.links = .seen(
        Links(current: "1.4.2", next: nil, nextFault: "/skills/next points at /nowhere"))
    },
    Spoilt("the slice has a fault", .fail, "skills") {
      $0.disk.slice = .seen(.init(version: "1.4.2", tree: Example.tree, fault: "a link in it"))
    },
    Spoilt("the tree cannot be read", .fail, "skills") { $0.disk.slice = .unseen("EIO") },
    Spoilt("the links cannot be read", .fail, "skills") { $0.disk.links = .unseen("EIO") },
    Spoilt("the process runs another version", .fail, "skills") {
      $0.process.identity = Example.identity {
        $0.marker = Marker(version: "1.4.1", tree: Example.tree)
      }
    },
    Spoilt("the process runs another tree of the same version", .fail, "skills") {
      $0.process.identity = Example.identity { $0.marker = Marker(version: "1.4.2", tree: .zero) }
    },
    Spoilt("the process reports nothing and is older than its link", .fail, "skills") {
      $0.process.identity = Example.identity { $0.marker = nil }
      $0.disk.linkMovedAtMilliseconds = 2_001
    },
    Spoilt("the process reports nothing and the link's age is unknown", .fail, "skills") {
      $0.process.identity = Example.identity { $0.marker = nil }
      $0.disk.linkMovedAtMilliseconds = nil
    },
    Spoilt("a skill of the pack was not loaded", .degraded, "skills") {
      $0.disk.pack.insert(PackSkill(folder: "farewell", name: "farewell", fault: nil), at: 0)
    },
    Spoilt("the loaded skills are unknown", .degraded, "skills") {
      $0.process.skills = .unseen("refused")
    },
    Spoilt("the process is another build", .fail, "openclaw") {
      $0.process.identity = Example.identity { $0.version = "2026.9.4" }
    },
    Spoilt("the checkout pins other skills", .fail, "release") {
      var lock = Example.lock
      lock.skills.version = "1.4.3"
      $0.disk.infra = .seen(.init(commit: "b", lockDigest: .zero, lock: lock, dirty: []))
    },
    Spoilt("the checkout's lock differs in what does not serve", .degraded, "release") {
      $0.disk.infra = .seen(.init(commit: "b", lockDigest: .zero, lock: Example.lock, dirty: []))
    },
    Spoilt("the checkout cannot be read", .degraded, "release") { $0.disk.infra = .unseen("EIO") },
    Spoilt("nothing says what the host shall run", .fail, "release") {
      $0.held = nil
      $0.disk.infra = .seen(.init(commit: nil, lockDigest: nil, lock: nil, dirty: []))
    },
    Spoilt("the gateway is down", .fail, "gateway") { $0.process.readiness = .down("refused") },
    Spoilt("the gateway drains", .fail, "gateway") { $0.process.readiness = .draining },
    Spoilt("the gateway starts", .fail, "gateway") { $0.process.readiness = .starting("x") },
    Spoilt("a component fails", .fail, "gateway") {
      $0.process.readiness = .started(failing: ["sidecars"])
    },
    Spoilt("another program answers", .fail, "gateway") {
      $0.process.readiness = .unintelligible("nginx")
    },
    Spoilt("the process does not say who it is", .fail, "gateway") {
      $0.process.identity = .unseen("no answer in 3 s")
    },
    Spoilt("the balancer's requests are refused", .fail, "gateway") {
      $0.process.behindBalancer = .seen("403 proxy_attribution_required")
    },
    Spoilt("nobody tried the balancer's request", .degraded, "gateway") {
      $0.process.behindBalancer = .unseen("not yet")
    },
    Spoilt("a new warning", .degraded, "doctor") {
      var finding = Example.known
      finding.check = "core/doctor/disk-space"
      $0.doctor["*"] = Example.findings([Example.known, finding])
    },
    Spoilt("an accepted warning that became an error", .fail, "doctor") {
      var finding = Example.known
      finding.severity = .error
      $0.doctor["*"] = Example.findings([finding])
    },
    Spoilt("Doctor was never heard", .fail, "doctor") { $0.doctor = [:] },
    Spoilt("Doctor gave no answer", .fail, "doctor") {
      $0.doctor["*"] = .init(report: .unseen("exit 2"), ageMilliseconds: 0, accepted: [])
    },
    Spoilt("Doctor's answer is too old", .fail, "doctor") {
      $0.doctor["*"]?.ageMilliseconds = Example.policy.doctorMaximumAgeMilliseconds + 1
    },
    Spoilt("the queue is beyond its limit", .fail, "queues") { $0.process.queueDepth = .seen(9) },
    Spoilt("the queue is unknown", .degraded, "queues") { $0.process.queueDepth = .unseen("x") },
    Spoilt("deliveries fail", .degraded, "digest") {
      $0.digest = .seen(.init(state: .failing, rows: 3, raw: []))
    },
    Spoilt("the digest cannot be read", .degraded, "digest") { $0.digest = .unseen("refused") },
    Spoilt("older than its bound", .fail, "age") { $0.ageMilliseconds = 5_001 },
  ]

  @Test(
    "each fault by itself has its level, its reason, and a fingerprint of its own",
    arguments: spoilt)
  func fault(_ spoilt: Spoilt) {
    let probe = Example.probe(spoilt.spoil)
    #expect(probe.status == spoilt.status)
    #expect(probe.reasons.contains { $0.check == spoilt.check && $0.level == spoilt.status })
    #expect(probe.reasons.allSatisfy { !$0.message.isEmpty })
    if spoilt.check != "digest" {
      #expect(probe.fingerprint != Example.probe { _ in }.fingerprint)
    }
  }

  @Test("a probe that is kept grows old at its bound, once, however often it is told")
  func aging() {
    let good = Example.probe { _ in }
    let bound = Example.policy.maximumAgeMilliseconds
    let young = good.aged(bound, policy: Example.policy)
    #expect(young.status == .ok && young.reasons == [] && young.ageMilliseconds == bound)
    #expect(young.fingerprint == good.fingerprint)
    let old = good.aged(bound + 1, policy: Example.policy)
    #expect(old.status == .fail && old.reasons.map(\.check) == ["age"])
    #expect(old.reasons[0].message.hasPrefix("this is older than \(bound) ms"))
    #expect(old.fingerprint != good.fingerprint)
    let older = old.aged(bound + 1_000, policy: Example.policy)
    #expect(older.reasons == old.reasons && older.fingerprint == old.fingerprint)
    #expect(older.ageMilliseconds == bound + 1_000)
    #expect(good.aged(-1, policy: Example.policy).ageMilliseconds == 0)
  }

  @Test(
    "of several skills that are not loaded the first is named, and how many more there are",
    arguments: [(1, ""), (2, " And 1 more of the pack."), (3, " And 2 more of the pack.")])
  func missingSkills(count: Int, more: String) {
    let probe = Example.probe {
      $0.disk.pack += (1...count).map { PackSkill(folder: "skill-\($0)", name: nil, fault: nil) }
    }
    let messages = probe.reasons.map(\.message)
    #expect(messages.count == 1 && messages[0].contains("skill-1 of the pack"), "\(messages)")
    #expect(!messages[0].contains("skill-2"))
    #expect(more.isEmpty ? !messages[0].contains("more of the pack") : messages[0].hasSuffix(more))
  }

  @Test("every two faults together are as bad as the worse of them")
  func pairs() {
    for first in Self.spoilt {
      for second in Self.spoilt where second.check != first.check {
        let both = Example.probe {
          first.spoil(&$0)
          second.spoil(&$0)
        }
        let worse = max(first.status, second.status)
        #expect(both.status == worse, "\(first.testDescription) and \(second.testDescription)")
      }
    }
  }

  @Test("what varies while a host stays good does not change its fingerprint")
  func stable() {
    let good = Example.probe { _ in }
    let later = Example.probe {
      $0.held?.tag = "v1.4.2-again"
      $0.process.identity = Example.identity {
        $0.bootID = "boot-2"
        $0.pid = 9
        $0.startedAtMilliseconds = 9_000
      }
      $0.process.queueDepth = .seen(5)
      $0.disk.links = .seen(Links(current: "1.4.2", next: "1.4.3"))
      $0.digest = .seen(.init(state: .failing, rows: 9, raw: [1]))
      $0.doctor["*"] = Example.findings([])
      $0.observedAtMilliseconds = 99_000
      $0.ageMilliseconds = 4_000
    }
    #expect(later.fingerprint == good.fingerprint)
    #expect(later.probeDigest != good.probeDigest)
  }

  @Test("a host held to no release yet has the fingerprint of one held to what it runs")
  func unheld() {
    let unheld = Example.probe { $0.held = nil }
    #expect(unheld.status == .ok)
    #expect(unheld.fingerprint == Example.probe { _ in }.fingerprint)
    #expect(unheld.release.tag == nil)
  }

  @Test("findings are known again by what they are about, not by how they are worded")
  func wording() {
    var reworded = Example.known
    reworded.message = "plaintext token, 2 files"
    let probe = Example.probe { $0.doctor["*"] = Example.findings([reworded]) }
    #expect(probe.status == .ok)
    var elsewhere = Example.known
    elsewhere.path = "gateway.other"
    #expect(
      Example.probe { $0.doctor["*"] = Example.findings([elsewhere]) }.doctor["*"]
        == .init(
          status: .yellow, findings: 1, accepted: 0, new: ["warning core/doctor/gateway-config"]))
  }

  @Test("a finding is told as one sentence, whether Doctor ended it or not")
  func sentence() {
    for message in ["only loopback", "only loopback."] {
      var finding = Example.known
      finding.check = "core/doctor/x"
      finding.message = message
      let probe = Example.probe { $0.doctor["*"] = Example.findings([finding]) }
      #expect(
        probe.reasons.first?.message.hasPrefix(
          "new warning core/doctor/x: only loopback. Mend it") == true)
    }
  }

  @Test("informative findings count for nothing")
  func informative() {
    var finding = Example.known
    finding.severity = .info
    finding.check = "core/doctor/hint"
    let probe = Example.probe { $0.doctor["*"] = Example.findings([finding]) }
    #expect(probe.status == .ok)
    #expect(probe.doctor["*"]?.findings == 0)
  }

  @Test("a process without a marker counts once it started after its link moved")
  func withoutMarker() {
    let probe = Example.probe {
      $0.process.identity = Example.identity { $0.marker = nil }
      $0.disk.linkMovedAtMilliseconds = 2_000
    }
    #expect(probe.status == .ok)
    #expect(probe.skills.version == nil)
    #expect(probe.fingerprint != Example.probe { _ in }.fingerprint)
  }

  @Test("the evidence digest is over both parts, each preceded by its length")
  func evidence() {
    let parts: [[UInt8]] = [Array("doctor".utf8), Array("digest".utf8)]
    var bytes: [UInt8] = []
    for part in parts { bytes += [0, 0, 0, 0, 0, 0, 0, UInt8(part.count)] + part }
    #expect(Example.probe { _ in }.probeDigest == Digest(of: bytes))
    // Bytes moved from one part to the other are other evidence.
    let moved = Example.probe {
      $0.doctor["*"]?.report = .seen(DoctorReport(findings: [], raw: Array("doctordig".utf8)))
      $0.digest = .seen(.init(state: .clean, rows: 0, raw: Array("est".utf8)))
    }
    #expect(moved.probeDigest != Digest(of: bytes))
  }

  @Test("ageing is what merging at that age gives")
  func ageing() {
    let young = Example.probe { $0.ageMilliseconds = 0 }
    for age: Int64 in [0, 1, 4_999, 5_000, 5_001, 60_000] {
      let merged = Example.probe { $0.ageMilliseconds = age }
      #expect(young.aged(age, policy: Example.policy) == merged)
      #expect(merged.status == (age > 5_000 ? .fail : .ok))
    }
  }

  @Test("the JSON has the keys that the contract names, and reads back the same")
  func json() throws {
    let probe = Example.probe { $0.process.queueDepth = .seen(9) }
    let value = try CanonicalJSON.encode(probe)
    #expect(value["schema"]?.text == "sluice.probe/1")
    for key in [
      "status", "reasons", "release", "skills", "openclaw", "doctor", "queues", "digest",
      "probe_sha256", "fingerprint", "observed_at", "age_ms",
    ] {
      #expect(value[key] != nil, "\(key)")
    }
    #expect(value["skills"]?["tree_ok"] == .bool(true))
    #expect(try CanonicalJSON.decode(MergedProbe.self, from: value) == probe)
  }
}
