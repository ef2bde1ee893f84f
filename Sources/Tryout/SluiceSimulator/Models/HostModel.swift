import SluiceCore
import SluicePorts

/// A host with its agent, its gateway and its disk, as the writer can see them. An operation takes
/// time and continues without a waiting caller.
public struct HostModel: Sendable {
  /// How long the parts of a swing take, in milliseconds.
  public struct Pace: Sendable, Hashable {
    public var drain: Int64 = 40
    public var restart: Int64 = 900
    public var warmUp: Int64 = 60
    public var place: Int64 = 100
  }

  /// The fate of a request that reached the host.
  enum Arrival {
    case answered(Result<HostReport, PortError>)
    /// The work began; its next stage is due after so many milliseconds.
    case begun(afterMilliseconds: Int64)
    /// The same operation is under way already.
    case underWay
    /// Nothing answers.
    case silence
  }

  /// One stage of the work that is under way.
  enum Progress {
    case next(afterMilliseconds: Int64)
    case ended(OperationID, Result<HostReport, PortError>)
    /// The agent died in it.
    case stopped
  }

  struct Motion: Sendable {
    enum Stage: Sendable { case place, drain, links, restart, warmUp }

    var id: OperationID
    var epoch: Epoch
    var operation: Boxed<HostOperation>
    var stage: Stage
    var before: Boxed<GatewayIdentity>?
    var restarted = false
    var wasPlaced = false
    var cut = 0
    /// Its gateway admitted nothing new, and told when the last turn had ended.
    var isDrained = false
  }

  /// The host's faults, until the host is healed.
  struct Troubles: Sendable {
    enum Drain: Sendable, Hashable { case heldByAnother, neverReady, expires }
    /// Doctor finds a new error, or gives no answer.
    enum Doctor: Sendable, Hashable { case red, silent }

    var drain: Drain?
    var agentDiesAt: Motion.Stage?
    /// Restarts after which the old process is still the one that answers.
    var orphans = 0
    var linkIsADirectory = false
    var diskIsFull = false
    var tagIsMoved = false
    var isHung = false
    var said: (status: MergedProbe.Status, looks: Int, isHard: Bool)?
    var doctor: Doctor?
    /// An old probe that the agent does not replace.
    var stale: (probe: Boxed<MergedProbe>, takenAt: Int64)?
  }

  public let name: HostName
  var epoch = Epoch(0)
  private(set) var checkout: Boxed<Release>
  private(set) var expected: Boxed<Release>
  public internal(set) var links: Links
  /// Version → what its tree hashes to.
  var slices: [String: Digest]
  /// Version → what it was placed as.
  var placed: [String: Digest]
  var loaded: Marker
  public internal(set) var openclaw: SimulatedBuilds
  var boots = 1
  /// When the last of its turns will have ended.
  var turnsEnd: Int64 = 0
  var pid: Int32 = 1_001
  var records: [OperationID: (record: OperationRecord, answer: Result<HostReport, PortError>)] = [:]
  /// The last probe that was taken, and what it was taken of.
  var lastProbe: (of: ProbeSubject, probe: Boxed<MergedProbe>)?
  /// Few, and asked for often.
  var fingerprints: [(of: StableState, digest: Digest)] = []
  /// Releases whose tree is not what their lock says.
  var lies: Set<String> = []
  var pace = Pace()
  var motion: Motion?
  var troubles = Troubles()
  var isAlive = true
  var isWarm = true
  var agentRuns = true
  /// By how much its wall clock is wrong.
  var clockOffset: Int64 = 0
  var maximumAge: Int64 = 5_000
  var deadMan = DeadManModel()
  /// Restarts by operation: none may have more than one.
  public internal(set) var restarts: [OperationID: Int] = [:]
  public internal(set) var placements = 0
  var effects: [(kind: Effect.Kind, epoch: Epoch)] = []
  /// The findings that a person accepted here, and the operations for that.
  var accepted: [DoctorFinding] = []
  var acceptances: [AcceptanceDeed] = []

  public init(_ name: HostName, runs release: Release) {
    self.name = name
    checkout = Boxed(release)
    expected = checkout
    links = Links(current: release.lock.skills.version, next: release.lock.skills.version)
    slices = [release.lock.skills.version: release.lock.skills.tree]
    placed = slices
    loaded = release.marker
    openclaw = SimulatedBuilds(runs: release.lock.openclaw)
  }

  /// An earlier release whose slice and build are kept.
  mutating func keep(_ release: Release) {
    openclaw.install(release.lock.openclaw)
    slices[release.lock.skills.version] = release.lock.skills.tree
    placed[release.lock.skills.version] = release.lock.skills.tree
  }

  /// As after a completed promotion: it runs the release, and the state as it was before that swing
  /// is kept.
  mutating func run(
    _ release: Release, since operation: OperationID, extent: StateExtent = .whole
  ) throws(PortError) {
    keep(release)
    _ = openclaw.copy(operation, extent: extent)
    openclaw.use(operation)
    openclaw.swing(to: release.lock.openclaw.version)
    try openclaw.start()
    checkout = Boxed(release)
    expected = checkout
    loaded = release.marker
    links = Links(current: release.marker.version, next: release.marker.version)
  }

  // MARK: The agent

  mutating func arrive(_ operation: HostOperation, id: OperationID, epoch: Epoch, at now: Int64)
    -> Arrival
  {
    guard agentRuns else { return .silence }
    guard epoch >= self.epoch else {
      return .answered(
        .failure(PortError(.fenced, "\(name) has seen epoch \(self.epoch), this is \(epoch)")))
    }
    self.epoch = epoch
    deadMan.lastWord = now
    if let known = records[id] { return .answered(recall(known.answer, of: id)) }
    if motion?.id == id { return .underWay }
    if let motion {
      let busy = PortError(
        .refused, "\(name) is busy with operation \(motion.id), so \(id) was not begun",
        remedy: "Wait until that has ended.")
      return .answered(.failure(busy))
    }
    return begin(operation, id: id, epoch: epoch, at: now)
  }

  private mutating func begin(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, at now: Int64
  ) -> Arrival {
    if let fault = lateness(of: id) { return .answered(.failure(fault)) }
    var motion = Motion(id: id, epoch: epoch, operation: Boxed(operation), stage: .place)
    switch operation {
    case .place, .placeSigned: break
    case .swing(let request):
      arm(by: motion, request)
      if let error = unsound(request) { return .answered(end(motion, .failure(error), at: now)) }
      motion.before = Boxed(identity)
      motion.stage = .drain
    case .accept(let findings):
      accept(findings, by: motion)
      return .answered(end(motion, .success(.accepted(count: findings.count)), at: now))
    case .discard:
      return .answered(
        end(
          motion, .success(.discarded(DiscardReport(removed: 0, bytes: 0, faults: []))), at: now))
    case .disarm:
      if let fault = disarmFault() { return .answered(end(motion, .failure(fault), at: now)) }
      deadMan.armed = nil
      return .answered(end(motion, .success(.disarmed), at: now))
    case .tryBuild:
      let refusal = PortError(.refused, "\(name) tries no build")
      return .answered(end(motion, .failure(refusal), at: now))
    }
    self.motion = motion
    return .begun(afterMilliseconds: motion.stage == .drain ? pace.drain : pace.place)
  }

  /// A slice that does not hash to its lock never serves.
  private func unsound(_ request: SwingRequest) -> PortError? {
    let skills = request.release.lock.skills
    guard let tree = slices[skills.version] else {
      return PortError(.refused, "slice \(skills.version) is missing on \(name)")
    }
    guard tree == skills.tree else {
      return PortError(
        .refused, "the tree of \(skills.version) on \(name) does not hash to its lock")
    }
    let build = request.release.lock.openclaw
    guard openclaw.installed[build.version] == build else {
      return PortError(.refused, "build \(build.version) is missing on \(name)")
    }
    return nil
  }

  private mutating func end(
    _ motion: Motion, _ answer: Result<HostReport, PortError>, at now: Int64
  ) -> Result<HostReport, PortError> {
    note(motion, ended: answer, at: now)
    let report = try? answer.get()
    var failure: String?
    if case .failure(let error) = answer { failure = error.message }
    records[motion.id] = (
      OperationRecord(
        id: motion.id, epoch: motion.epoch, state: report == nil ? .failed : .done,
        report: report, failure: failure), answer
    )
    self.motion = nil
    return answer
  }

  /// The stage that is due now.
  mutating func proceed(at now: Int64) -> Progress {
    guard var motion, agentRuns else { return .stopped }
    if troubles.agentDiesAt == motion.stage {
      troubles.agentDiesAt = nil
      if motion.stage == .restart { try? move(&motion) }
      agentRuns = false
      return .stopped
    }
    do throws(PortError) {
      if let milliseconds = try perform(&motion, at: now) {
        self.motion = motion
        return .next(afterMilliseconds: milliseconds)
      }
      return .ended(motion.id, end(motion, .success(try report(of: motion, at: now)), at: now))
    } catch {
      return .ended(motion.id, end(motion, .failure(error), at: now))
    }
  }

  /// Milliseconds to the next stage; nil when this was the last.
  private mutating func perform(_ motion: inout Motion, at now: Int64) throws(PortError) -> Int64? {
    guard case .swing(let request) = motion.operation.value else {
      try place(&motion)
      return nil
    }
    switch motion.stage {
    case .place: return nil
    case .drain:
      let waited = try drain(&motion, request.policy, at: now)
      motion.stage = .links
      return waited
    case .links:
      try swingLinks(to: request, motion)
      motion.stage = .restart
      let isSame =
        loaded == request.release.marker && isAlive
        && openclaw.running == request.release.lock.openclaw.version
      guard request.policy.restart == .always || !isSame else {
        motion.stage = .warmUp
        return pace.warmUp
      }
      return pace.restart
    case .restart:
      try move(&motion)
      motion.stage = .warmUp
      return pace.warmUp
    case .warmUp:
      guard isAlive, !troubles.isHung else {
        throw PortError(.failed, "\(name): the gateway did not serve a session of Sluice's own")
      }
      isWarm = true
      effects.append((.swung(name, motion.id, to: loaded.version), motion.epoch))
      return nil
    }
  }

  private mutating func place(_ motion: inout Motion) throws(PortError) {
    guard case .place(let placement) = motion.operation.value.work else { return }
    let release = placement.release
    let skills = release.lock.skills
    guard !lies.contains(skills.version) else {
      throw PortError(
        .refused,
        "openclaw.lock says skills \(skills.version) \(skills.tree.short), the tree on "
          + "\(name) hashes to something else")
    }
    guard !troubles.tagIsMoved else {
      throw PortError(
        .refused, "the tag \(release.tag) on \(name) names another commit than the release")
    }
    guard slices[skills.version] != nil || !troubles.diskIsFull else {
      throw PortError(.failed, "there is no room for slice \(skills.version) on \(name)")
    }
    if slices[skills.version] == nil {
      placements += 1
      motion.wasPlaced = true
      slices[skills.version] = skills.tree
      placed[skills.version] = skills.tree
    }
    if !placement.links {
      effects.append((.prepared(name, motion.id), motion.epoch))
      return
    }
    guard !troubles.linkIsADirectory else { throw directoryInTheWay }
    links.next = skills.version
    effects.append((.placed(name, motion.id), motion.epoch))
  }

  private var directoryInTheWay: PortError {
    PortError(.failed, "\(name): where the link should be stands a directory")
  }

  private mutating func swingLinks(to request: SwingRequest, _ motion: Motion) throws(PortError) {
    guard !troubles.linkIsADirectory else { throw directoryInTheWay }
    let version = request.release.lock.skills.version
    moveBuild(request, motion)
    checkout = Boxed(request.release)
    expected = checkout
    links = Links(current: version, next: request.next ?? links.next)
    effects.append((.linked(name, motion.id, to: version), motion.epoch))
  }

  /// A newer build: the state moves before the link. An older build: the state moves after the
  /// link. The process does not run meanwhile.
  private mutating func moveBuild(_ request: SwingRequest, _ motion: Motion) {
    let build = request.release.lock.openclaw.version
    if openclaw.running != build { crash() }
    if openclaw.link != build, let move = request.state, move.copies {
      let extent: StateExtent = move == .copy ? .whole : .configuration
      if openclaw.copy(motion.id, extent: extent) {
        effects.append((.stateCopied(name, motion.id), motion.epoch))
      }
      openclaw.use(motion.id)
    }
    openclaw.swing(to: build)
    if case .putBack(let earlier)? = request.state, openclaw.putBack(earlier) {
      effects.append((.statePutBack(name, motion.id), motion.epoch))
    }
  }

  /// One start of a new process.
  private mutating func move(_ motion: inout Motion) throws(PortError) {
    guard case .swing = motion.operation.value, !motion.restarted else { return }
    motion.restarted = true
    self.motion?.restarted = true
    restarts[motion.id, default: 0] += 1
    isWarm = false
    if troubles.orphans > 0, isAlive {
      // The old process kept the port: it is the one that goes on answering.
      troubles.orphans -= 1
    } else {
      boot(newProcess: true)
    }
    effects.append((.restarted(name, motion.id), motion.epoch))
    guard isAlive else { throw PortError(.failed, "\(name): OpenClaw refuses to start") }
  }

  /// A process loads the slices that the links name when it starts. A build that finds the state of
  /// a newer one ends at once.
  mutating func boot(newProcess: Bool) {
    boots += 1
    if newProcess { pid += 1 }
    isWarm = false
    isAlive = (try? openclaw.start()) != nil
    guard isAlive else { return }
    if let version = links.current, let tree = placed[version] {
      loaded = Marker(version: version, tree: tree)
    }
  }
}

/// A value that is passed on and never changed: one pointer, however large it is.
final class Boxed<Value: Sendable>: Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
