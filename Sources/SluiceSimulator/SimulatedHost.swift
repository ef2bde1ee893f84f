import SluiceCore
import SluicePorts

/// A host with its agent and its gateway, as far as the writer can see them.
public actor SimulatedHost: HostLink {
  public nonisolated let host: HostName
  private var epoch = Epoch(0)
  private var checkout: Release
  private var expected: Release
  private var links: Links
  private var slices: [String: Digest]
  private var loaded: Marker
  private var openclaw: SimulatedBuilds
  private var boots = 1
  private var records: [OperationID: OperationRecord] = [:]
  private var lies: Set<String> = []
  private let time: SimulatedTime
  private let effects: EffectLog
  /// Answers that get lost after the work was done, and requests before it.
  private var answersToLose = 0
  private var requestsToLose = 0
  private var diesInSwing = false
  private var isAlive = true
  private var isWarm = true
  private var said: (status: MergedProbe.Status, looks: Int)?
  private var silentUntil: Int64 = 0
  public private(set) var isReachable = true
  /// Restarts by operation: none may have more than one.
  public private(set) var restarts: [OperationID: Int] = [:]
  public private(set) var placements = 0

  public init(
    _ host: HostName, runs release: Release, time: SimulatedTime = SimulatedTime(),
    effects: EffectLog = EffectLog()
  ) {
    self.host = host
    self.time = time
    self.effects = effects
    checkout = release
    expected = release
    links = Links(current: release.lock.skills.version, next: release.lock.skills.version)
    slices = [release.lock.skills.version: release.lock.skills.tree]
    loaded = release.marker
    openclaw = SimulatedBuilds(runs: release.lock.openclaw)
    let probe = Self.probe(
      host: host, loaded: loaded, build: openclaw.running, expected: expected, links: links,
      boots: boots, isAlive: true, said: nil)
    effects.note(
      HostFacts(
        version: loaded.version, links: links, fingerprint: probe.fingerprint, status: .ok,
        isAlive: true, isWarm: true, build: openclaw.running, schemas: openclaw.state.schemas),
      of: host)
  }

  // MARK: What a test or a fault does to it

  public func setReachable(_ flag: Bool) { isReachable = flag }
  public func loseAnswers(_ count: Int) { answersToLose = count }
  public func loseRequests(_ count: Int) { requestsToLose = count }
  public func dieInSwing() { diesInSwing = true }
  public func setSilent(milliseconds: Int64) { silentUntil = time.milliseconds + milliseconds }
  /// An earlier release whose slice and build are kept.
  public func keep(_ release: Release) {
    slices[release.lock.skills.version] = release.lock.skills.tree
    openclaw.install(release.lock.openclaw)
  }
  public func install(_ build: ReleaseLock.OpenClaw) { openclaw.install(build) }
  /// As after a completed promotion: it runs the release, and the state as it was before that swing
  /// is kept.
  public func run(_ release: Release, since operation: OperationID) throws(PortError) {
    keep(release)
    _ = openclaw.copy(operation)
    openclaw.use(operation)
    openclaw.swing(to: release.lock.openclaw.version)
    try openclaw.start()
    (checkout, expected, loaded) = (release, release, release.marker)
    links = Links(current: release.marker.version, next: release.marker.version)
    show()
  }
  /// A conversation leaves something in the state.
  public func speak() { openclaw.state.writes += 1 }
  public var builds: SimulatedBuilds { openclaw }
  public func say(_ status: MergedProbe.Status, looks: Int) {
    said = (status, looks)
    show()
  }
  public func crash() {
    isAlive = false
    isWarm = false
    show()
  }
  public func restartBySomebody() {
    boots += 1
    isAlive = true
    isWarm = false
    show()
  }
  public func heal() {
    (answersToLose, requestsToLose, diesInSwing, said) = (0, 0, false, nil)
    (silentUntil, isReachable) = (0, true)
    if isAlive { show() } else { restartBySomebody() }
  }

  /// A release whose tree does not hash to its lock.
  public func lie(about version: String) { lies.insert(version) }
  /// The running process's own word.
  public var running: Marker { loaded }
  public var currentLinks: Links { links }

  // MARK: HostLink

  public func perform(
    _ operation: NodeOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) throws(PortError) -> NodeReport {
    guard isReachable, time.milliseconds >= silentUntil else {
      throw PortError(.unreachable, "\(host) does not answer")
    }
    if requestsToLose > 0 {
      requestsToLose -= 1
      throw PortError(.unknown, "the request to \(host) was lost")
    }
    guard operation.moves else { return look(operation) }
    guard epoch >= self.epoch else {
      throw PortError(.fenced, "\(host) has seen epoch \(self.epoch), this is \(epoch)")
    }
    self.epoch = epoch
    if let report = records[id]?.report { return report }
    let report = try move(operation, id: id, epoch: epoch)
    records[id] = OperationRecord(
      id: id, epoch: epoch, state: .done, report: report, failure: nil)
    if answersToLose > 0 {
      answersToLose -= 1
      throw PortError(.unknown, "the answer of \(host) was lost")
    }
    return report
  }

  private func look(_ operation: NodeOperation) -> NodeReport {
    defer { tire() }
    return switch operation {
    case .outcome(let id): .outcome(records[id])
    case .probe: .probe(probe())
    default: .survey(survey())
    }
  }

  /// What the probe was made to say is said so many times.
  private func tire() {
    guard let (status, looks) = said else { return }
    said = looks > 1 ? (status, looks - 1) : nil
    show()
    if said == nil { effects.record(.fault("\(host) says what it sees again")) }
  }

  private func show() {
    let probe = probe()
    effects.note(
      HostFacts(
        version: loaded.version, links: links, fingerprint: probe.fingerprint,
        status: probe.status, isAlive: isAlive, isWarm: isWarm, build: openclaw.running,
        schemas: openclaw.state.schemas), of: host)
  }

  private func move(_ operation: NodeOperation, id: OperationID, epoch: Epoch)
    throws(PortError) -> NodeReport
  {
    switch operation {
    case .place(let release):
      let report = try place(release)
      show()
      effects.record(.placed(host, id), epoch: epoch)
      return report
    case .swing(let request): return try swing(request, id: id, epoch: epoch)
    default: return .accepted(count: 0)
    }
  }

  private func place(_ release: Release) throws(PortError) -> NodeReport {
    let skills = release.lock.skills
    guard !lies.contains(skills.version) else {
      throw PortError(
        .refused,
        "openclaw.lock says skills \(skills.version) \(skills.tree.short), the tree on "
          + "\(host) hashes to something else")
    }
    let wasPlaced = slices[skills.version] == nil
    if wasPlaced { placements += 1 }
    slices[skills.version] = skills.tree
    links.next = skills.version
    return .placed(
      PlaceReport(
        version: skills.version, tree: skills.tree, wasPlaced: wasPlaced,
        tenants: release.lock.tenants.keys.sorted()))
  }

  private func swing(_ request: SwingRequest, id: OperationID, epoch: Epoch)
    throws(PortError) -> NodeReport
  {
    let version = request.release.lock.skills.version
    guard slices[version] == request.release.lock.skills.tree else {
      throw PortError(.refused, "slice \(version) is missing on \(host)")
    }
    let build = request.release.lock.openclaw
    guard openclaw.installed[build.version] == build else {
      throw PortError(.refused, "build \(build.version) is missing on \(host)")
    }
    let before = identity()
    let isOtherBuild = openclaw.running != build.version
    if openclaw.link != build.version { move(request.state, forward: true, id: id, epoch: epoch) }
    openclaw.swing(to: build.version)
    move(request.state, forward: false, id: id, epoch: epoch)
    checkout = request.release
    expected = request.release
    links = Links(current: version, next: request.next ?? links.next)
    if diesInSwing {
      diesInSwing = false
      if isOtherBuild { (isAlive, isWarm) = (false, false) }
      show()
      throw PortError(.unknown, "the agent of \(host) ended in the middle of a swing")
    }
    let restarted =
      request.policy.restart == .always || loaded != request.release.marker || !isAlive
      || isOtherBuild
    if restarted {
      boots += 1
      restarts[id, default: 0] += 1
      (isAlive, isWarm) = (false, false)
      try openclaw.start()
    }
    loaded = request.release.marker
    (isAlive, isWarm) = (true, true)
    show()
    if restarted { effects.record(.restarted(host, id), epoch: epoch) }
    effects.record(.swung(host, id, to: version), epoch: epoch)
    return .swung(
      SwingReport(
        before: before, after: identity(), restarted: restarted, drained: 1, cut: 0,
        drainMilliseconds: 40, restartMilliseconds: 900, warmUpMilliseconds: 60,
        totalMilliseconds: 1_000, probe: probe(),
        state: openclaw.report(request.state, by: id)))
  }

  /// Forward the state goes before the link, back after it: as on a real host.
  private func move(_ state: StateMove?, forward: Bool, id: OperationID, epoch: Epoch) {
    switch state {
    case .copy where forward:
      if openclaw.copy(id) {
        show()
        effects.record(.stateCopied(host, id), epoch: epoch)
      }
      openclaw.use(id)
    case .putBack(let operation) where !forward:
      guard openclaw.putBack(operation) else { return }
      show()
      effects.record(.statePutBack(host, id), epoch: epoch)
    default: break
    }
  }

  private func identity() -> GatewayIdentity {
    GatewayIdentity(
      version: openclaw.running, buildID: nil, bootID: "\(host)-boot-\(boots)",
      pid: Int32(1_000 + boots), startedAtMilliseconds: Int64(boots), marker: loaded)
  }

  private func survey() -> HostSurvey {
    HostSurvey(
      host: host, sluiceVersion: "simulated", epoch: epoch,
      infra: .init(
        commit: checkout.commit, lockDigest: checkout.lockDigest, lock: checkout.lock, dirty: []),
      slices: slices.sorted { $0.key < $1.key }.map {
        .init(version: $0.key, tree: $0.value, fault: nil)
      },
      links: links, tenants: expected.lock.tenants, gateway: isAlive ? identity() : nil,
      probe: probe(),
      diskFreeBytes: 1 << 34, diskTotalBytes: 1 << 38, busyWith: nil, builds: openclaw.survey)
  }

  private func probe() -> MergedProbe {
    Self.probe(
      host: host, loaded: loaded, build: openclaw.running, expected: expected, links: links,
      boots: boots, isAlive: isAlive, said: said?.status)
  }

  private static func probe(
    host: HostName, loaded: Marker, build: String, expected: Release, links: Links, boots: Int,
    isAlive: Bool, said: MergedProbe.Status?
  ) -> MergedProbe {
    let isSound =
      isAlive && loaded == expected.marker && links.current == loaded.version
      && build == expected.lock.openclaw.version
    let status = isSound ? said ?? .ok : .fail
    let message =
      !isAlive
      ? "the gateway does not answer"
      : isSound ? "Doctor found something" : "the process runs \(loaded.version)"
    let stable = "\(expected.tag) \(loaded.description) \(links.current ?? "-") \(status)"
    return MergedProbe(
      status: status,
      reasons: status == .ok ? [] : [.init(check: "skills", level: status, message: message)],
      release: .init(tag: expected.tag, lockDigest: expected.lockDigest),
      skills: .init(
        resolved: links.current, version: isAlive ? loaded.version : nil,
        locked: expected.lock.skills.version, treeIsSound: true),
      openclaw: .init(
        version: build, locked: expected.lock.openclaw.version,
        pid: Int32(1_000 + boots), bootID: isAlive ? "\(host)-boot-\(boots)" : nil,
        startedAt: nil),
      doctor: ["*": .init(status: .green, findings: 3, accepted: 3)],
      queues: .init(depth: 0, limit: 8), digest: .init(status: .clean, rows: 0),
      probeDigest: Digest(of: Array("\(stable) \(boots)".utf8)),
      fingerprint: Digest(of: Array(stable.utf8)), observedAt: "2026-11-24T00:00:00.000Z",
      ageMilliseconds: 0)
  }
}
