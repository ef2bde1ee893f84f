import SluiceCore
import SluicePorts

/// Keeps the merged probe fresh: whether the gateway is ready every second, all quick parts every
/// interval and whenever readiness changes, the disk and Doctor every Doctor interval, Doctor
/// beside all else since it takes seconds.
actor ProbeRefresher {
  let board: ProbeBoard
  private let host: HostSpec
  private let policy: ProbePolicy
  private let services: NodeServices
  private let state: NodeState
  private let counters: AgentCounters

  private var disk: (seen: ProbeInputs.Disk, at: Moment)?
  private var process: ProbeInputs.Process?
  private var digest = Sighting<WebhookDigestReport>.unseen("it was not asked for yet")
  private var observed: Moment
  private var doctor: (report: Sighting<DoctorReport>, at: Moment)?
  private var doctorBegan: Moment?
  private var wantsDoctor = false
  private var isDoctorAtWork = false
  /// Grows with every move: what Doctor says of a gateway that was moved meanwhile is worth nothing.
  private var generation = 0
  private var movesUnderWay = 0
  /// Looks may overtake each other; an older one must not replace a newer.
  private var lastLook = 0
  private var shownLook = 0

  /// Readiness is looked at this often, or every interval where that is shorter.
  private static let vitalMilliseconds: Int64 = 1_000

  init(
    host: HostSpec, policy: ProbePolicy, services: NodeServices, state: NodeState,
    counters: AgentCounters
  ) {
    self.host = host
    self.policy = policy
    self.services = services
    self.state = state
    self.counters = counters
    observed = services.time.now()
    let inputs = Self.inputs(host, nil, nil, observed)
    board = ProbeBoard(
      MergedProbe(merging: inputs, policy: policy), at: observed, policy: policy)
  }

  /// Until the task is cancelled.
  func run() async {
    if let remembered = await state.rememberedDoctor() {
      doctor = doctor ?? (.seen(remembered.report), remembered.moment)
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.keepProbe() }
      group.addTask { await self.keepDoctor() }
    }
  }

  private var pause: Duration {
    .milliseconds(min(Self.vitalMilliseconds, policy.intervalMilliseconds))
  }

  private func keepProbe() async {
    await refresh()
    while (try? await services.time.sleep(for: pause)) != nil {
      if services.time.milliseconds(since: observed) >= policy.intervalMilliseconds {
        await refresh()
      } else {
        await lookAtVitals()
      }
    }
  }

  private func keepDoctor() async {
    repeat {
      if isDoctorDue { await askDoctor() }
    } while (try? await services.time.sleep(for: pause)) != nil
  }

  // MARK: Looking

  /// Looks at everything quick, and publishes it.
  func refresh(withDisk: Bool = false) async {
    let look = nextLook()
    let links = await DiskReader(paths: host.paths, services: services).links()
    var disk = self.disk
    let diskAge = disk.map { services.time.milliseconds(since: $0.at) } ?? Int64.max
    let moment = services.time.now()
    if withDisk || diskAge >= policy.doctorMilliseconds || disk?.seen.links != links {
      disk = (await DiskReader(paths: host.paths, services: services).read(), moment)
    }
    let process = await seeProcess()
    let gateway = services.gateway
    let digest = await sighting { () async throws(PortError) in
      try await gateway.webhookDigest()
    }
    // A newer look was quicker, but may not have published yet: whoever asked for a refresh sees it.
    guard look > shownLook else { return await publish() }
    shownLook = look
    self.disk = disk
    self.process = process
    self.digest = digest
    observed = moment
    counters.countRefresh()
    await publish()
  }

  private func nextLook() -> Int {
    lastLook += 1
    return lastLook
  }

  private func seeProcess() async -> ProbeInputs.Process {
    let gateway = services.gateway
    let readiness = await gateway.readiness()
    guard readiness.isReady else {
      let why = "the gateway is not ready"
      return ProbeInputs.Process(
        readiness: readiness, identity: .unseen(why), skills: .unseen(why),
        queueDepth: .unseen(why), behindBalancer: .unseen(why))
    }
    return ProbeInputs.Process(
      readiness: readiness,
      identity: await sighting { () async throws(PortError) in try await gateway.identity() },
      skills: await sighting { () async throws(PortError) in try await gateway.skills() },
      queueDepth: await sighting { () async throws(PortError) in try await gateway.queueDepth() },
      behindBalancer: await sighting { () async throws(PortError) in
        try await gateway.faultBehindBalancer()
      })
  }

  /// A gateway that fell or rose is looked at wholly at once; its queues are told as they are.
  private func lookAtVitals() async {
    let readiness = await services.gateway.readiness()
    guard let known = process, known.readiness == readiness else { return await refresh() }
    guard readiness.isReady else { return }
    let gateway = services.gateway
    let depth = await sighting { () async throws(PortError) in
      try await gateway.queueDepth()
    }
    guard process == known, known.queueDepth != depth else { return }
    process?.queueDepth = depth
    await publish()
  }

  // MARK: Doctor

  private var isDoctorDue: Bool {
    guard movesUnderWay == 0 else { return false }
    guard let began = doctorBegan, !wantsDoctor else { return true }
    return services.time.milliseconds(since: began) >= policy.doctorMilliseconds
  }

  /// Waits until no call of Doctor is at work: it reads OpenClaw's state, which a swing may be about to
  /// copy or to swap.
  func doctorEnded(within milliseconds: Int64) async {
    let began = services.time.now()
    while isDoctorAtWork, services.time.milliseconds(since: began) < milliseconds {
      guard (try? await services.time.sleep(for: .milliseconds(100))) != nil else { return }
    }
  }

  private func askDoctor() async {
    isDoctorAtWork = true
    defer { isDoctorAtWork = false }
    doctorBegan = services.time.now()
    wantsDoctor = false
    let asked = generation
    let gateway = services.gateway
    let report: Sighting<DoctorReport> = await sighting { () async throws(PortError) in
      try await gateway.doctor()
    }
    counters.countDoctor(answered: report.value != nil)
    guard asked == generation else { return wantsDoctor = true }
    let moment = services.time.now()
    switch report {
    case .seen(let seen):
      doctor = (report, moment)
      await state.remember(seen, at: moment)
    case .unseen:
      // An answer that is not too old yet is better than none.
      if doctor?.report.value == nil { doctor = (report, moment) }
    }
    await publish()
  }

  /// What Doctor said last.
  var doctorReport: DoctorReport? { doctor?.report.value }

  /// Shows what was accepted meanwhile.
  func publish() async {
    let accepted = await state.accepted
    let held = await state.held?.release
    let now = services.time.now()
    var inputs = Self.inputs(host, disk?.seen, process, observed)
    inputs.held = held
    inputs.digest = digest
    if let doctor {
      inputs.doctor[ProbeInputs.wholeGateway] = .init(
        report: doctor.report, ageMilliseconds: now.milliseconds(since: doctor.at) ?? 0,
        accepted: accepted)
    }
    board.publish(MergedProbe(merging: inputs, policy: policy), at: observed)
  }

  private static func inputs(
    _ host: HostSpec, _ disk: ProbeInputs.Disk?, _ process: ProbeInputs.Process?,
    _ observed: Moment
  ) -> ProbeInputs {
    let why = "the agent has just started"
    return ProbeInputs(
      host: host.name, paths: host.paths, held: nil,
      disk: disk
        ?? .init(
          infra: .unseen(why), links: .unseen(why), slice: .unseen(why), skillFolders: [],
          linkMovedAtMilliseconds: nil),
      process: process
        ?? .init(
          readiness: .starting(why), identity: .unseen(why), skills: .unseen(why),
          queueDepth: .unseen(why), behindBalancer: .unseen(why)),
      doctor: [:], busyTenants: nil, digest: .unseen(why),
      observedAtMilliseconds: observed.wallMilliseconds, ageMilliseconds: 0)
  }

  // MARK: Moves

  /// From here to `endMove` Doctor is not asked.
  func beginMove() {
    movesUnderWay += 1
    generation += 1
  }

  /// Looks at all that is quick at once, and has Doctor asked anew.
  func endMove() async {
    await refresh(withDisk: true)
    movesUnderWay -= 1
    generation += 1
    wantsDoctor = true
  }
}
