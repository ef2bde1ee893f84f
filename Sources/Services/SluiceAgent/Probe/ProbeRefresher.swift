import SluiceCore
import SluicePorts

/// Keeps the merged probe fresh: readiness every second; all quick parts every interval and after
/// each change of readiness; the disk and Doctor every Doctor interval. Doctor runs in the
/// background, because it takes seconds.
actor ProbeRefresher {
  let board: ProbeBoard
  private let host: HostSpec
  private let policy: ProbePolicy
  private let services: AgentServices
  private let state: OperationState
  private let counters: AgentCounters

  private var disk: (seen: ProbeInputs.Disk, at: Moment)?
  private var process: ProbeInputs.Process?
  private var digest = Sighting<WebhookDigestReport>.unseen("it was not asked for yet")
  private var observed: Moment
  /// By tenant, or for the whole gateway.
  private var doctor: (reports: [String: Sighting<DoctorReport>], at: Moment)?
  /// The writer's last word on which tenants have traffic.
  private var heard: (tenants: BusyTenants, at: Moment)?
  private var retries = RetryWindow()
  private var shownRetries: Retries?
  /// The duration of Doctor's last run, in milliseconds.
  private(set) var doctorTook: Int64?
  private var doctorBegan: Moment?
  private var wantsDoctor = false
  private var isDoctorAtWork = false
  /// Rises with every move. Doctor's answer is void if a move began during its run.
  private var generation = 0
  private var movesUnderWay = 0
  /// Looks may overtake each other; an older one must not replace a newer one.
  private var lastLook = 0
  private var shownLook = 0

  /// The interval of readiness looks, or the probe's interval if that is shorter.
  private static let vitalMilliseconds: Int64 = 1_000

  init(
    host: HostSpec, policy: ProbePolicy, services: AgentServices, state: OperationState,
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

  /// Runs until the task is cancelled.
  func run() async {
    if let remembered = await state.rememberedDoctor() {
      doctor = doctor ?? (remembered.reports.mapValues { .seen($0) }, remembered.moment)
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

  /// Refreshes all quick parts and publishes the probe.
  func refresh(withDisk: Bool = false) async {
    let look = nextLook()
    let links = await DiskReader(paths: host.paths, services: services).links()
    var disk = self.disk
    let diskAge = disk.map { services.time.milliseconds(since: $0.at) } ?? Int64.max
    let moment = services.time.now()
    if withDisk || diskAge >= policy.doctorMilliseconds || disk?.seen.links != links {
      var seen = await DiskReader(paths: host.paths, services: services).read()
      seen.rollback = await RollbackReader(services: services, held: await state.held).read()
      disk = (seen, moment)
    }
    let process = await seeProcess()
    let gateway = services.gateway
    let digest = await sighting { () async throws(PortError) in
      try await gateway.webhookDigest()
    }
    // A newer look was faster but may not have published yet. A caller of `refresh` must see its
    // result.
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
    guard readiness.isReady(besides: await acceptedComponents) else {
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

  /// If readiness changed, refreshes everything at once; otherwise only the queues.
  private func lookAtVitals() async {
    let readiness = await services.gateway.readiness()
    guard let known = process, known.readiness == readiness else { return await refresh() }
    guard readiness.isReady(besides: await acceptedComponents) else { return }
    let gateway = services.gateway
    let depth = await sighting { () async throws(PortError) in
      try await gateway.queueDepth()
    }
    guard process == known else { return }
    let now = retries.reading(now: services.time.now().monotonicMilliseconds)
    guard known.queueDepth != depth || shownRetries?.areMany != now.areMany else { return }
    process?.queueDepth = depth
    await publish()
  }

  private var acceptedComponents: Set<String> {
    get async { Set(await state.accepted.compactMap(\.component)) }
  }

  // MARK: Events of the gateway

  /// Publishes at once when retries become many; looks again when the gateway connects or leaves.
  func take(_ news: GatewayNews) async {
    let now = services.time.now().monotonicMilliseconds
    retries.take(news, now: now)
    switch news {
    case .runStarted: return
    case .runRetried:
      counters.countRetry()
      if shownRetries?.areMany != retries.reading(now: now).areMany { await publish() }
    case .connected, .disconnected, .shutdown: await refresh()
    case .suspension(let phase):
      // In the other phases the gateway refuses queries.
      if phase == "accepting" || phase == "draining" || phase == "prepared" { await refresh() }
    }
  }

  // MARK: The writer's word

  /// Judges these tenants only, until the interval has passed without another word.
  func hear(_ tenants: BusyTenants) async {
    heard = (tenants, services.time.now())
    await publish()
  }

  /// Nil once the writer has been silent for the interval.
  private func word(at now: Moment) -> ProbeInputs.Word? {
    guard let heard, let age = now.milliseconds(since: heard.at),
      (0...heard.tenants.withinMilliseconds).contains(age)
    else { return nil }
    return .init(busy: heard.tenants, atMilliseconds: heard.at.wallMilliseconds)
  }

  // MARK: Doctor

  private var isDoctorDue: Bool {
    guard movesUnderWay == 0 else { return false }
    guard let began = doctorBegan, !wantsDoctor else { return true }
    return services.time.milliseconds(since: began) >= policy.doctorMilliseconds
  }

  /// Waits until no call of Doctor runs. Doctor reads OpenClaw's state, which a swing may be about
  /// to copy or replace.
  func doctorEnded(within milliseconds: Int64) async {
    let began = services.time.now()
    while isDoctorAtWork, services.time.milliseconds(since: began) < milliseconds {
      guard (try? await services.time.sleep(for: .milliseconds(100))) != nil else { return }
    }
  }

  func askDoctor() async {
    isDoctorAtWork = true
    defer { isDoctorAtWork = false }
    doctorBegan = services.time.now()
    wantsDoctor = false
    let asked = generation
    let (gateway, tenants) = (services.gateway, await tenants)
    let reports: Sighting<[String: DoctorReport]> = await sighting { () async throws(PortError) in
      try await gateway.doctor(tenants: tenants)
    }
    counters.countDoctor(answered: reports.value != nil)
    guard asked == generation else { return wantsDoctor = true }
    let moment = services.time.now()
    switch reports {
    case .seen(let seen):
      doctorTook = moment.milliseconds(since: doctorBegan ?? moment)
      doctor = (seen.mapValues { .seen($0) }, moment)
      await state.remember(seen, at: moment)
    case .unseen(let why):
      // An answer that is not too old is better than none.
      if doctorFindings == nil { doctor = ([ProbeInputs.wholeGateway: .unseen(why)], moment) }
    }
    await publish()
  }

  /// The process's last report.
  var identity: GatewayIdentity? { process?.identity.value }

  /// For a dialect whose Doctor works by tenant.
  private var tenants: [String] {
    get async { ((try? await services.fragments.survey())?.files ?? [:]).keys.sorted() }
  }

  /// Doctor's last relevant findings, and the components that `/readyz` named; nil before Doctor's
  /// first answer.
  var doctorFindings: [DoctorFinding]? {
    guard let doctor, doctor.reports.values.contains(where: { $0.value != nil }) else { return nil }
    var components: [DoctorFinding] = []
    if case .started(let failing)? = process?.readiness {
      components = failing.map { DoctorFinding(failingComponent: $0) }
    }
    return doctor.reports.sorted { $0.key < $1.key }.flatMap { $0.value.value?.weighty ?? [] }
      + components
  }

  /// Publishes the probe with the findings accepted meanwhile.
  func publish() async {
    let accepted = await state.accepted
    let held = await state.held?.release
    let now = services.time.now()
    var inputs = Self.inputs(host, disk?.seen, process, observed)
    inputs.held = held
    inputs.digest = digest
    inputs.word = word(at: now)
    inputs.acceptedComponents = Set(accepted.compactMap(\.component))
    let reading = retries.reading(now: now.monotonicMilliseconds)
    shownRetries = reading
    inputs.process.retries = reading
    for (tenant, report) in doctor?.reports ?? [:] {
      inputs.doctor[tenant] = .init(
        report: report,
        ageMilliseconds: doctor.flatMap { now.milliseconds(since: $0.at) } ?? 0,
        accepted: accepted)
    }
    board.publish(MergedProbe(merging: inputs, policy: policy), at: observed)
  }

  private static func inputs(
    _ host: HostSpec, _ disk: ProbeInputs.Disk?, _ process: ProbeInputs.Process?,
    _ observed: Moment
  ) -> ProbeInputs {
    let why = "the agent has just started"
    var unseen = ProbeInputs.Process(
      readiness: .starting(why), identity: .unseen(why), skills: .unseen(why),
      queueDepth: .unseen(why), behindBalancer: .unseen(why))
    unseen.isSeen = false
    return ProbeInputs(
      host: host.name, paths: host.paths, held: nil,
      disk: disk
        ?? .init(
          infra: .unseen(why), links: .unseen(why), slice: .unseen(why), pack: [],
          linkMovedAtMilliseconds: nil),
      process: process ?? unseen,
      doctor: [:], word: nil, digest: .unseen(why),
      observedAtMilliseconds: observed.wallMilliseconds, ageMilliseconds: 0)
  }

  // MARK: Moves

  /// From here to `endMove` Doctor does not run.
  func beginMove() {
    movesUnderWay += 1
    generation += 1
  }

  /// Refreshes all quick parts at once and requests a new run of Doctor.
  func endMove() async {
    await refresh(withDisk: true)
    movesUnderWay -= 1
    generation += 1
    wantsDoctor = true
  }
}
