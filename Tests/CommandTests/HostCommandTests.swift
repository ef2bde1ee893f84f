import SluiceCore
import SluiceController
import SluiceLedger
import SluiceAgentClient
import SluicePorts
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

/// A host's agent that says what it was told to say, and takes what is accepted.
actor ScriptedHost: HostClient {
  nonisolated let host: HostName
  /// The version of Sluice that it and its server say.
  nonisolated let version: String
  private let findings: [DoctorFinding]
  private let answers: [GatewayAnswer]
  private let keepsAccepted: Bool
  private let slices: [HostSurvey.Slice]
  private let placing: PlacingSurvey?
  private let fragments: FragmentSurvey?
  private let edit: @Sendable (inout HostSurvey) -> Void
  private(set) var accepted: [DoctorFinding] = []
  private(set) var items: [StoredItem]
  /// The releases that were placed, in order.
  private(set) var placed: [Release] = []
  private let refusal: PortError?

  init(
    _ name: String, findings: [DoctorFinding] = [], answers: [GatewayAnswer] = [],
    keepsAccepted: Bool = true, slices: [HostSurvey.Slice] = [], placing: PlacingSurvey? = nil,
    items: [StoredItem] = [], fragments: FragmentSurvey? = nil, refusal: PortError? = nil,
    version: String = SluiceVersion.text,
    edit: @escaping @Sendable (inout HostSurvey) -> Void = { _ in }
  ) {
    self.version = version
    self.items = items
    self.refusal = refusal
    self.edit = edit
    self.fragments = fragments
    self.slices = slices
    self.placing = placing
    host = HostName(name)
    self.findings = findings
    self.answers = answers
    self.keepsAccepted = keepsAccepted
  }

  func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> HostReport {
    if case .discard(let wanted) = operation {
      let count = items.count
      items.removeAll { wanted.contains($0.id) }
      return .discarded(
        DiscardReport(removed: count - items.count, bytes: 5_000_000, faults: []))
    }
    if case .place(let placement) = operation.work {
      if let refusal { throw refusal }
      placed.append(placement.release)
      let skills = placement.release.lock.skills
      return .placed(
        PlaceReport(
          version: skills.version, tree: skills.tree, wasPlaced: false, tenants: [],
          links: placement.links))
    }
    guard case .accept(let more) = operation else {
      throw PortError(.failed, "was not expected to be asked")
    }
    if keepsAccepted { accepted += more }
    return .accepted(count: more.count)
  }

  func answer(
    _ question: HostQuestion, deadline: Duration
  ) async throws(PortError) -> HostAnswer {
    switch question {
    case .findings: return .findings(FindingsReport(findings: findings, accepted: accepted))
    case .check:
      return .checked(
        HostCheck(
          host: host, sluiceVersion: version,
          profile: GatewayProfile(
            build: "2026.9.6", dialect: .september, speaksProtocol: true, followsLinks: true,
            restartsInPlace: true, note: nil),
          answers: answers, timings: HostTimings(start: 9_000, warmUp: 8_000, doctor: 14_000)))
    case .survey: return .survey(survey)
    case .probe: return .probe(survey.probe)
    case .inventory: return .inventory(items)
    case .tenants:
      guard let fragments else { throw PortError(.unreachable, "no such host") }
      return .tenants(fragments)
    default: throw PortError(.failed, "was not expected to be asked")
    }
  }

  private var survey: HostSurvey {
    let identity = GatewayIdentity(
      version: "2026.9.6", buildID: nil, bootID: "boot", pid: 1, startedAtMilliseconds: 0,
      marker: nil)
    let probe = MergedProbe(
      status: .ok, reasons: [], release: .init(tag: nil, lockDigest: .zero),
      skills: .init(resolved: nil, version: nil, locked: nil, treeIsSound: false),
      openclaw: .init(version: nil, locked: nil, pid: nil, bootID: nil, startedAt: nil),
      doctor: [:], queues: .init(depth: nil, limit: 8), digest: .init(status: .absent, rows: 0),
      probeDigest: .zero, fingerprint: .zero,
      observedAt: Timestamp.text(SystemClock.wallMilliseconds()), ageMilliseconds: 0)
    var survey = HostSurvey(
      host: host, sluiceVersion: version, epoch: Epoch(0),
      infra: .init(commit: nil, lockDigest: nil, lock: nil, dirty: []), slices: slices,
      links: Links(current: nil, next: nil), tenants: [:], gateway: identity, probe: probe,
      diskFreeBytes: 1 << 34, diskTotalBytes: 1 << 38, busyWith: nil, placing: placing)
    edit(&survey)
    for release in placed {
      survey.slices.removeAll { $0.version == release.lock.skills.version }
      survey.slices.append(
        .init(version: release.lock.skills.version, tree: release.lock.skills.tree, fault: nil))
    }
    return survey
  }
}

@Suite("Commands that ask the hosts")
struct HostCommandTests {
  private static let open = DoctorFinding(
    check: "core/doctor/security", severity: .warning, requirement: nil, path: "gateway.auth",
    target: nil, message: "the token stands in the file")
  private static let stale = DoctorFinding(
    check: "core/doctor/memory", severity: .error, requirement: nil, path: nil, target: nil,
    message: "the index is old")

  let directory: TemporaryDirectory
  let transcript = Transcript()
  private var fleet: String { directory("sluice.yaml") }

  init() throws {
    directory = try TemporaryDirectory()
    try Files.create(fleet, with: Array(ThreeHosts.text(in: directory.path).utf8), mode: 0o600)
  }

  /// Runs the body while the hosts listen at their sockets.
  private func serving(_ hosts: [ScriptedHost], _ body: () async throws -> Void) async throws {
    try await CommandWorlds.serving(hosts, in: directory, body)
  }

  private func lines() async throws -> [LedgerEntry] {
    try await LedgerReading.load(try FleetLoader.load(fleet).writer).entries
  }

  private func hosts(keepsAccepted: Bool = true) -> [ScriptedHost] {
    [
      ScriptedHost("mac-a", findings: [Self.open, Self.stale], keepsAccepted: keepsAccepted),
      ScriptedHost("mac-b", findings: [Self.open], keepsAccepted: keepsAccepted),
      ScriptedHost("mac-c", keepsAccepted: keepsAccepted),
    ]
  }

  @Test("accept shows what is new and what to type, and accepts nothing by itself")
  func showing() async throws {
    let hosts = hosts()
    try await serving(hosts) {
      #expect(await transcript.run("accept", "--fleet", fleet) == .waitingForHuman)
      #expect(transcript.data.contains("mac-a   2 new   0 accepted"))
      #expect(
        transcript.data.contains("warning  core/doctor/security  the token stands in the file"))
      #expect(transcript.data.contains("mac-c   nothing new"))
      #expect(transcript.data.contains("sluice accept --all --reason"))
      let shown = Transcript()
      #expect(await shown.run("accept", "--json", "--fleet", fleet) == .waitingForHuman)
      #expect(shown.data.split(separator: "\"accepted_now\":0").count == 4, "\(shown.data)")
      #expect(await hosts[0].accepted.isEmpty)
      let written = try await lines()
      #expect(written.isEmpty)
    }
  }

  @Test("one check is accepted on every host that has it, with actor and reason in the ledger")
  func accepting() async throws {
    let hosts = hosts()
    try await serving(hosts) {
      let arguments = [
        "accept", "--finding", "core/doctor/security", "--reason", "as installed", "--by", "ana",
        "--fleet", fleet,
      ]
      #expect(await transcript.run(arguments) == .done)
      #expect(transcript.data.contains("Accepted 2 findings on 2 hosts."))
      #expect(await hosts[0].accepted == [Self.open])
      #expect(await hosts[1].accepted == [Self.open])
      let lines = try await lines()
      #expect(
        lines.map(\.kind) == [
          .acceptanceIntended, .acceptanceIntended, .findingsAccepted, .findingsAccepted,
        ])
      for line in lines {
        #expect(line.actor == "ana" && line.detail["reason"]?.text == "as installed")
        #expect(line.detail["findings"]?.elements?.first?["check"]?.text == Self.open.check)
      }
      // Only the other check is left; the ledger belongs to no promotion.
      #expect(await transcript.run("accept", "--fleet", fleet) == .waitingForHuman)
      #expect(transcript.data.contains("mac-a   1 new   1 accepted"))
      let replay = try await LedgerReading.load(try FleetLoader.load(fleet).writer).replay
      #expect(replay.promotion == nil)
    }
  }

  @Test("nothing is accepted without a reason, by an unknown check, or while a host is silent")
  func refusals() async throws {
    let hosts = hosts()
    try await serving(Array(hosts.dropLast())) {
      #expect(await transcript.run("accept", "--all", "--fleet", fleet) == .usage)
      #expect(transcript.messages.contains("--reason"))
      #expect(
        await transcript.run("accept", "--all", "--reason", "x", "--fleet", fleet) == .error)
      #expect(transcript.messages.contains("mac-c does not say what it finds"))
      let unknown = [
        "accept", "mac-a", "--finding", "core/none", "--reason", "x", "--fleet", fleet,
      ]
      #expect(await transcript.run(unknown) == .error)
      #expect(transcript.messages.contains("no host has a finding core/none"))
      #expect(await hosts[0].accepted.isEmpty)
      let written = try await lines()
      #expect(written.isEmpty)
    }
  }

  @Test(
    "a host that does not keep what was accepted is no success, and the ledger shows the intent")
  func notKept() async throws {
    try await serving(hosts(keepsAccepted: false)) {
      let arguments = ["accept", "mac-b", "--all", "--reason", "x", "--fleet", fleet]
      #expect(await transcript.run(arguments) == .error)
      #expect(transcript.messages.contains("mac-b does not show what was accepted there"))
      let kinds = try await lines().map(\.kind)
      #expect(kinds == [.acceptanceIntended])
    }
  }

  @Test("check names the build, the dialect, every fault with what it means, and who is silent")
  func checking() async throws {
    let fault = GatewayAnswer(
      capability: "trust", asked: "a request with forwarded headers", level: .fault,
      came: "403", means: "Add 127.0.0.1 to gateway.trustedProxies.", milliseconds: 12)
    let good = GatewayAnswer(
      capability: "build", asked: "--version", level: .expected, came: "2026.9.6", means: "",
      milliseconds: 300)
    try await serving([
      ScriptedHost("mac-a", answers: [good, fault]), ScriptedHost("mac-b", answers: [good]),
    ]) {
      #expect(await transcript.run("check", "--fleet", fleet) == .error)
      let text = transcript.data
      #expect(text.contains("NOT in order   1 of 3 hosts are"))
      #expect(text.contains("mac-a   OpenClaw 2026.9.6, dialect 2026.9   FAULT"))
      #expect(text.contains("FAULT  trust: Add 127.0.0.1 to gateway.trustedProxies."))
      #expect(text.contains("mac-b   OpenClaw 2026.9.6, dialect 2026.9   in order"))
      #expect(text.contains("mac-c   silent"))
      #expect(text.contains("mac-a   start 9 s, warm-up 8 s, Doctor 14 s"))
      // The balancer is not running here, and that is said, too.
      #expect(text.contains("balancer   "))
      #expect(await transcript.run("check", "mac-x", "--fleet", fleet) == .error)
      #expect(transcript.messages.contains("sluice.yaml names no host mac-x"))
    }
  }

  @Test("probe fails where a host does or is silent, and of the hosts that were named only")
  func probing() async throws {
    try await serving([
      ScriptedHost("mac-a"), ScriptedHost("mac-b") { $0.probe.status = .degraded },
      ScriptedHost("mac-c") { $0.probe.status = .fail },
    ]) {
      #expect(await transcript.run("probe", "mac-a", "--fleet", fleet) == .done)
      #expect(transcript.data.contains("mac-a") && !transcript.data.contains("mac-b"))
      #expect(await transcript.run("probe", "mac-a", "mac-b", "--fleet", fleet) == .done)
      #expect(await transcript.run("probe", "mac-c", "--fleet", fleet) == .error)
      #expect(await transcript.run("probe", "--fleet", fleet) == .error)
    }
    #expect(await transcript.run("probe", "mac-a", "--fleet", fleet) == .error)
  }
}
