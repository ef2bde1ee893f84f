import SluiceCore
import SluicePorts

/// A gateway without a process, which keeps the promises of its ports. Like 2026.9 it follows a
/// flipped link by itself.
public actor SimulatedGateway: WholeGateway {
  private struct Suspension {
    var token: String
    var expiresAt: Int64
  }

  private static let leaseMilliseconds: Int64 = 120_000
  private static let warmUpMilliseconds: Int64 = 400

  private let time: any Time
  private let pid: Int32
  private let version = "2026.9.6"
  private var linked: Marker?
  private var loaded: Marker?
  private var boots = 1
  private var startedAt: Int64
  private var isRunning = true
  private var suspension: Suspension?
  private var sessions = 0
  private let waiting = 0
  private let findings: [DoctorFinding] = []
  private let faults: [String] = []
  private let digest = WebhookDigestReport(state: .absent, rows: 0, raw: [])
  private let balancerFault: String? = nil
  private var ledger: [RunRow] = []
  private var posts: [AsyncStream<GatewayNews>.Continuation] = []
  /// Reasons of the restarts in place, oldest first.
  public private(set) var restarts: [String] = []
  public private(set) var warmUps = 0

  public init(loads marker: Marker?, time: any Time, pid: Int32 = 4242) {
    self.time = time
    self.pid = pid
    linked = marker
    loaded = marker
    startedAt = time.now().wallMilliseconds
  }

  // MARK: What a test or a fault does to it

  /// Sets the target of the host's link from now on.
  public func link(to marker: Marker?) { linked = marker }
  public func setRunning(_ flag: Bool) { isRunning = flag }
  /// False when it admits nothing.
  @discardableResult
  public func beginSession() -> Bool {
    guard isRunning, !isSuspended else { return false }
    sessions += 1
    return true
  }
  public func endSessions() { sessions = 0 }
  /// The start of a new process.
  public func boot() {
    boots += 1
    startedAt = time.now().wallMilliseconds
    loaded = linked
    suspension = nil
    sessions = 0
    isRunning = true
  }

  // MARK: Reading

  public func identity() throws(PortError) -> GatewayIdentity {
    try requireOpen("say who it is")
    loaded = linked
    return GatewayIdentity(
      version: version, buildID: "\(version)-simulated", bootID: "boot-\(boots)", pid: pid,
      startedAtMilliseconds: startedAt, marker: loaded)
  }

  public func stateDirectory() throws(PortError) -> String? {
    try requireOpen("say where its state is")
    return nil
  }

  public func skills() throws(PortError) -> [LoadedSkill] {
    try requireOpen("list its skills")
    loaded = linked
    return loaded.map { marker in
      [
        LoadedSkill(
          name: Marker.skillName, description: marker.description, source: "openclaw-extra",
          filePath: "/skills/current/\(Marker.skillName)/SKILL.md", isEligible: true)
      ]
    } ?? []
  }

  public func readiness() -> GatewayReadiness {
    if !isRunning { return .down("nobody listens") }
    return isSuspended ? .draining : .started(failing: [])
  }

  public func queueDepth() throws(PortError) -> Int {
    try requireOpen("tell its queue depth")
    return waiting
  }

  public func doctor(tenants: [String]) -> [String: DoctorReport] {
    let raw = findings.map { "\($0.severity.rawValue) \($0.check)\n" }.joined()
    return [
      ProbeInputs.wholeGateway: DoctorReport(findings: findings, raw: Array(raw.utf8))
    ]
  }

  public func configurationFaults(tenants: [String]) -> [String] { faults }
  public func webhookDigest() -> WebhookDigestReport { digest }

  public func faultBehindBalancer() throws(PortError) -> String? {
    try requireRunning("answer a request with forwarded headers")
    return balancerFault
  }

  public func profile() -> GatewayProfile {
    GatewayProfile(
      build: version, dialect: .september, speaksProtocol: true, followsLinks: true,
      restartsInPlace: true, note: "simulated")
  }

  public func examine(tenants: [String]) -> [GatewayAnswer] {
    [
      GatewayAnswer(
        capability: "identity", asked: "hello", level: isRunning ? .expected : .fault,
        came: isRunning ? version : "nobody listens", means: "simulated", milliseconds: 0)
    ]
  }

  public func runs(after cursor: RunCursor?) throws(PortError) -> RunPage {
    try requireOpen("tell its runs")
    guard cursor != nil else { return RunPage(rows: Array(ledger.suffix(1))) }
    return RunPage(ledger, after: cursor, limit: 500)
  }

  /// Adds rows to the gateway's run log.
  public func write(_ rows: [RunRow]) { ledger += rows }

  public func attend(_ tell: @escaping @Sendable (GatewayNews) async -> Void) async {
    let (news, post) = AsyncStream.makeStream(of: GatewayNews.self)
    posts.append(post)
    for await item in news { await tell(item) }
  }

  /// Posts news as the gateway does.
  public func tell(_ news: GatewayNews) { for post in posts { post.yield(news) } }

  // MARK: Acting

  public func drain(token: String, deadline: Duration) async throws(PortError) -> DrainReport {
    let begun = time.now()
    let atStart = sessions
    while true {
      try requireRunning("drain")
      if let suspension, isSuspended, suspension.token != token {
        throw PortError(.refused, "the gateway did not drain: another drain holds it")
      }
      let now = time.now()
      suspension = Suspension(
        token: token, expiresAt: now.monotonicMilliseconds + Self.leaseMilliseconds)
      let passed = now.milliseconds(since: begun) ?? 0
      if sessions == 0 || .milliseconds(passed) >= deadline {
        return DrainReport(
          isIdle: sessions == 0, activeAtStart: atStart, activeNow: sessions,
          milliseconds: passed)
      }
      do { try await time.sleep(for: .milliseconds(50)) } catch {
        throw PortError(.unknown, "cancelled: the gateway stays closed until its suspension ends")
      }
    }
  }

  public func resume() throws(PortError) {
    try requireRunning("open again")
    suspension = nil
  }

  /// Waits for nothing: a session that runs is cut, which the real one never does. Drain it first.
  public func requestRestart(reason: String) throws(PortError) {
    try requireRunning("restart")
    boot()
    restarts.append(reason)
  }

  public func sessionWay() -> SessionWay? { isRunning ? .http : nil }

  public func warmUp(over way: SessionWay?, deadline: Duration) async throws(PortError) -> Int64 {
    guard isRunning, !isSuspended else {
      try? await time.sleep(for: deadline)
      throw PortError(.failed, "the gateway did not serve a session of Sluice's own")
    }
    try? await time.sleep(for: .milliseconds(Self.warmUpMilliseconds))
    warmUps += 1
    return Self.warmUpMilliseconds
  }

  private var isSuspended: Bool {
    suspension.map { time.now().monotonicMilliseconds < $0.expiresAt } ?? false
  }

  private func requireRunning(_ purpose: String) throws(PortError) {
    if !isRunning {
      throw PortError(.unreachable, "the gateway did not \(purpose): nobody listens")
    }
  }

  private func requireOpen(_ purpose: String) throws(PortError) {
    try requireRunning(purpose)
    if isSuspended {
      throw PortError(.refused, "the gateway did not \(purpose): it is suspended")
    }
  }
}
