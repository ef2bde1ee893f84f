import SluiceCore
import SluicePorts
import SluiceSystem

/// A gateway and its service in one: a process that loads its marker from the disk when it starts,
/// and does otherwise what the test says.
actor ScriptedGateway: WholeGateway, ServiceManager {
  struct Script: Sendable {
    /// Looks that a start takes until it is ready.
    var startingLooks = 1
    /// The release that a start loads in place of the one on disk.
    var loads: Marker?
    var follows = false
    var crashesOnStart = false
    /// A restart in place ends the process, and nobody starts it again.
    var diesInPlace = false
    var stuckRuns = 0
    var endingRuns = 0
    var warmUpFault: PortError?
    /// How clients reach the process that runs.
    var way: SessionWay?
    var restartFault: PortError?
    var findings: [DoctorFinding] = []
    /// For a Doctor that works by tenant.
    var tenantFindings: [String: [DoctorFinding]]?
    var doctorFault: PortError?
    var queueDepth = 0
    var balancerFault: String?
    var configurationFaults: [String] = []
    var failing: [String] = []
    var answers: [GatewayAnswer] = []
    var rows: [RunRow] = []
    var node: String?
    var skillSource = LoadedSkill.packSource
    var digest = WebhookDigestReport(state: .clean, rows: 0, raw: Array("{}".utf8))
  }

  private let skillsRoot: String
  private var version: String
  /// With builds a start is of the one that the link names, and migrates the state; an older one ends
  /// at once on a newer state.
  private let builds: (any BuildStore)?
  private let statePath: String?
  private var lastWords: String?
  private var script = Script()
  private var pid: Int32? = 1_000
  private var boot = 1
  private var startedAt = SystemClock.wallMilliseconds()
  private var loaded: Marker?
  private var looksUntilReady = 0
  private var drainToken: String?
  private(set) var drains = 0
  private(set) var resumes = 0
  private(set) var serviceRestarts = 0
  private(set) var starts = 0
  private(set) var ownRestarts = 0
  private(set) var warmUps = 0
  /// The ways of sessions that the warm-ups were to rest on.
  private(set) var waysAsked: [SessionWay?] = []
  private(set) var doctorRuns = 0
  /// While it holds, a drain waits.
  private var posts: [AsyncStream<GatewayNews>.Continuation] = []
  private var isHoldingDrain = false
  private var isHoldingLooks = false
  private var holdsDoctor = false
  private(set) var isDoctorWaiting = false
  private(set) var isLookWaiting = false

  init(
    skillsRoot: String, version: String, builds: (any BuildStore)? = nil, state: String? = nil
  ) {
    self.skillsRoot = skillsRoot
    self.version = version
    self.builds = builds
    statePath = state
    loaded = Self.marker(below: skillsRoot)
  }

  static func marker(below root: String) -> Marker? {
    let path = "\(root)/current/\(Marker.skillName)/SKILL.md"
    guard let text = try? Files.readText(path),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("description: ") })
    else { return nil }
    return Marker(description: String(line.dropFirst("description: ".count)))
  }

  // MARK: What the test says

  func change(_ edit: @Sendable (inout Script) -> Void) { edit(&script) }
  func die() { pid = nil }
  func tell(_ news: GatewayNews) { for post in posts { post.yield(news) } }
  var isAttended: Bool { !posts.isEmpty }
  func holdDrain(_ flag: Bool) { isHoldingDrain = flag }
  /// While the gate holds, a question for the process waits.
  func holdLooks(_ flag: Bool) { isHoldingLooks = flag }
  func holdDoctor() { holdsDoctor = true }
  func letDoctorAnswer() { holdsDoctor = false }
  var isDraining: Bool { drainToken != nil }

  /// Writes its version into the state; false when a newer one stands there.
  private func openState() async -> Bool {
    guard let statePath, let link = (try? await builds?.current()) ?? nil else { return true }
    version = link
    let file = "\(statePath)/written-by"
    let writer = (try? Files.readText(file)) ?? ""
    guard writer <= version else {
      lastWords = "OpenClaw state database uses newer schema version; this build is \(version).\n"
      pid = nil
      return false
    }
    try? Files.replace(file, with: Array(version.utf8), durable: false)
    return true
  }

  private func start(newProcess: Bool) async {
    boot += 1
    if newProcess { pid = 1_000 + Int32(boot) }
    if script.crashesOnStart { pid = nil }
    startedAt = SystemClock.wallMilliseconds()
    loaded = script.loads ?? Self.marker(below: skillsRoot)
    looksUntilReady = script.startingLooks
    drainToken = nil
    lastWords = nil
    _ = await openState()
  }

  private func requireProcess() throws(PortError) {
    guard pid != nil else { throw PortError(.unreachable, "connection refused") }
    guard drainToken == nil else { throw PortError(.refused, "gateway-suspending") }
  }

  // MARK: ServiceManager

  func status() -> ServiceStatus {
    ServiceStatus(
      pid: pid, startedAtMilliseconds: pid == nil ? nil : startedAt, lastWords: lastWords)
  }
  func start() async -> ServiceStatus {
    if pid == nil {
      starts += 1
      await start(newProcess: true)
    }
    return status()
  }
  func restart(deadline: Duration) async throws(PortError) -> ServiceStatus {
    if let fault = script.restartFault { throw fault }
    serviceRestarts += 1
    await start(newProcess: true)
    return status()
  }
  func stop(deadline: Duration) -> ServiceStatus {
    pid = nil
    return status()
  }

  // MARK: The gateway

  func identity() async throws(PortError) -> GatewayIdentity {
    while isHoldingLooks, !Task.isCancelled {
      isLookWaiting = true
      try? await Task.sleep(for: .milliseconds(5))
    }
    try requireProcess()
    if script.follows { loaded = Self.marker(below: skillsRoot) }
    return GatewayIdentity(
      version: version, buildID: nil, bootID: "boot-\(boot)", pid: pid,
      startedAtMilliseconds: startedAt, marker: loaded, node: script.node)
  }

  func stateDirectory() -> String? { nil }

  func skills() throws(PortError) -> [LoadedSkill] {
    try requireProcess()
    let names = (try? Files.names(in: "\(skillsRoot)/current/.")) ?? []
    return names.map {
      LoadedSkill(
        name: $0, description: "",
        source: $0 == Marker.skillName ? LoadedSkill.packSource : script.skillSource,
        filePath: "\(skillsRoot)/current/\($0)/SKILL.md", isEligible: true)
    }
  }

  func readiness() -> GatewayReadiness {
    guard pid != nil else { return .down("connection refused") }
    if drainToken != nil { return .draining }
    if looksUntilReady > 0 {
      looksUntilReady -= 1
      return .starting("startup-sidecars")
    }
    return .started(failing: script.failing)
  }

  func queueDepth() throws(PortError) -> Int {
    try requireProcess()
    return script.queueDepth
  }

  func doctor(tenants: [String]) async throws(PortError) -> [String: DoctorReport] {
    let whole = try await report()
    guard let findings = script.tenantFindings else { return [ProbeInputs.wholeGateway: whole] }
    return findings.mapValues { DoctorReport(findings: $0, raw: whole.raw) }
  }

  private func report() async throws(PortError) -> DoctorReport {
    doctorRuns += 1
    let findings = script.findings
    while holdsDoctor, !Task.isCancelled {
      isDoctorWaiting = true
      try? await Task.sleep(for: .milliseconds(5))
    }
    if let fault = script.doctorFault { throw fault }
    return DoctorReport(findings: findings, raw: Array("doctor \(doctorRuns)".utf8))
  }

  func configurationFaults(tenants: [String]) -> [String] { script.configurationFaults }
  func webhookDigest() -> WebhookDigestReport { script.digest }

  func drain(token: String, deadline: Duration) async throws(PortError) -> DrainReport {
    guard pid != nil else { throw PortError(.unreachable, "connection refused") }
    guard drainToken == nil || drainToken == token else {
      throw PortError(.refused, "gateway-suspension-conflict")
    }
    drainToken = token
    drains += 1
    while isHoldingDrain {
      do { try await Task.sleep(for: .milliseconds(5)) } catch {
        throw PortError(.unknown, "cancelled: the gateway stays closed")
      }
    }
    return DrainReport(
      isIdle: script.stuckRuns == 0, activeAtStart: script.stuckRuns + script.endingRuns,
      activeNow: script.stuckRuns, milliseconds: 3)
  }

  func resume() {
    resumes += 1
    drainToken = nil
  }

  func profile() -> GatewayProfile {
    let follows = BuildVersion(version).map { build in
      BuildVersion("2026.9.0").map { build >= $0 } ?? false
    }
    return GatewayProfile(
      build: version, dialect: .september, speaksProtocol: true, followsLinks: follows ?? false,
      restartsInPlace: true, note: nil)
  }

  func examine(tenants: [String]) -> [GatewayAnswer] { script.answers }

  func runs(after cursor: RunCursor?) throws(PortError) -> RunPage {
    try requireProcess()
    return RunPage(script.rows, after: cursor, limit: 500)
  }

  func attend(_ tell: @escaping @Sendable (GatewayNews) async -> Void) async {
    let (stream, post) = AsyncStream.makeStream(of: GatewayNews.self)
    posts.append(post)
    for await news in stream { await tell(news) }
  }

  func requestRestart(reason: String) async throws(PortError) {
    guard pid != nil else { throw PortError(.unreachable, "connection refused") }
    if let fault = script.restartFault { throw fault }
    ownRestarts += 1
    if script.diesInPlace {
      pid = nil
      return
    }
    await start(newProcess: false)
  }

  func sessionWay() -> SessionWay? { script.way }

  func warmUp(over way: SessionWay?, deadline: Duration) throws(PortError) -> Int64 {
    waysAsked.append(way)
    try requireProcess()
    if let fault = script.warmUpFault { throw fault }
    warmUps += 1
    return 7
  }

  func faultBehindBalancer() throws(PortError) -> String? {
    try requireProcess()
    return script.balancerFault
  }
}
