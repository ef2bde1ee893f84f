import SluiceCore
import SluicePorts
import SluiceSystem

/// Serves the writer on a gateway host. One operation runs at a time, each at most once. The fence
/// comes first; the intent is on disk before anything moves, the result afterwards.
actor AgentService: HostClient {
  nonisolated let host: HostName
  let spec: HostSpec
  let services: AgentServices
  let state: OperationState
  let refresher: ProbeRefresher
  let counters: AgentCounters
  private let version: String
  /// The operation that is running, and the tasks that wait for its end.
  var moving: OperationID?
  private var waiting: [CheckedContinuation<Void, Never>] = []
  /// Calls off the trial that is running; nil: none is.
  private var callOff: AsyncStream<Never>.Continuation?
  /// The motion under way is the agent's own, without a writer.
  var isOwnMotion = false
  /// When the agent started, or heard its writer last.
  var lastWord: Moment

  init(
    spec: HostSpec, services: AgentServices, state: OperationState, refresher: ProbeRefresher,
    counters: AgentCounters, version: String
  ) {
    host = spec.name
    self.spec = spec
    self.services = services
    self.state = state
    self.refresher = refresher
    self.counters = counters
    self.version = version
    lastWord = services.time.now()
  }

  func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> HostReport {
    try await state.admit(epoch, host: host)
    counters.show(epoch: epoch)
    lastWord = services.time.now()
    defer { lastWord = services.time.now() }
    await endOfOwnMotion()
    // A finished operation is answered at once, even while another one runs.
    if let answer = try await state.remembered(id, operation)?.answer {
      let report = try answer.get()
      try await checkStillSo(report, of: id)
      return report
    }
    await releaseOfAnswered()
    if moving == id { return try await join(id) }
    await endTrial()
    await endOfOwnMotion()
    if let moving {
      throw PortError(
        .refused, "\(host) is busy with operation \(moving), so \(id) was not begun",
        remedy: "Wait until that has ended.")
    }
    moving = id
    defer { release() }
    let file = try await state.begin(id, epoch, operation)
    if let answer = file.answer { return try answer.get() }
    return try await run(file)
  }

  /// A swing proved the process that it started. If another process serves now, that process has
  /// neither proof nor warm-up and must not get sessions because of an old report.
  private func checkStillSo(_ report: HostReport, of id: OperationID) async throws(PortError) {
    guard case .swung(let swung) = report else { return }
    if let last = await state.deadMan.last, last.armedBy == id {
      throw PortError(
        .failed, "\(host): \(last.sentence)",
        remedy: "Its promotion goes back or tries again:  sluice explain")
    }
    let running: GatewayIdentity
    do throws(PortError) { running = try await services.gateway.identity() } catch {
      throw PortError(
        .unknown, "\(host) was swung, and its gateway does not answer now: \(error.message)",
        remedy: "Ask again with the same id.")
    }
    guard running.bootID == swung.after.bootID else {
      throw PortError(
        .failed, "\(host): the process that the swing proved has ended, and another one serves",
        remedy: "Its promotion goes back or tries again:  sluice explain")
    }
  }

  /// Finishes an operation that an earlier agent began, so that no host stays half-way.
  func recover() async {
    guard moving == nil, let file = await state.unfinished(), moving == nil else { return }
    moving = file.id
    isOwnMotion = file.id.armedBy != nil
    defer { release() }
    // The operation record keeps the result for later queries.
    if file.operation.isTrial {
      await state.finish(file.id, .failure(await Trial.cutShort(services, on: host)))
    } else {
      _ = try? await run(file)
    }
  }

  private func join(_ id: OperationID) async throws(PortError) -> HostReport {
    await withCheckedContinuation { waiting.append($0) }
    guard let answer = await state.operation(id)?.answer else {
      throw PortError(
        .unknown, "operation \(id) was interrupted on \(host)",
        remedy: "Ask again with the same id: it goes on where it was.")
    }
    return try answer.get()
  }

  /// Waits for an operation that is finished and about to free the host. The writer that has its
  /// answer may order the next operation at once.
  private func releaseOfAnswered() async {
    while let moving, await state.operation(moving)?.answer != nil, self.moving == moving {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  /// A trial moves nothing, so it never makes a swing wait: it is called off, and gone when this
  /// returns.
  private func endTrial() async {
    while let callOff {
      callOff.finish()
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  /// A writer's operation waits for the agent's own motion: two motions are never mixed.
  private func endOfOwnMotion() async {
    while isOwnMotion { await withCheckedContinuation { waiting.append($0) } }
  }

  func release() {
    moving = nil
    isOwnMotion = false
    callOff = nil
    for waiter in waiting { waiter.resume() }
    waiting = []
  }

  func run(_ file: OperationFile) async throws(PortError) -> HostReport {
    // The gateway goes on serving during a trial, and so does its probe.
    let moves = !file.operation.leavesGateway
    if moves { await refresher.beginMove() }
    let result: Result<HostReport, PortError>
    do throws(PortError) { result = .success(try await move(file)) } catch {
      result = .failure(Task.isCancelled ? error : error.ofEndedOperation)
    }
    // The agent is ending; the next agent finishes the operation.
    if Task.isCancelled, moves, case .failure = result {
      await refresher.endMove()
      throw PortError(
        .unknown, "the agent of \(host) stopped while operation \(file.id) was under way",
        remedy: "It is finished when the agent runs again: ask for the outcome then.")
    }
    await state.finish(file.id, result)
    if isOwnMotion { await state.endOwnMotion(result) }
    counters.count(file.operation.name, result.isSuccess ? "done" : "failed")
    if moves { await refresher.endMove() }
    return try result.get()
  }

  private func move(_ file: OperationFile) async throws(PortError) -> HostReport {
    switch file.operation.work {
    case .place(let placement):
      let placing = Placing(host: host, paths: spec.paths, services: services)
      return .placed(try await placing.place(placement, token: file.id.rawValue))
    case .swing(let request):
      var swing = Swing(
        host: spec, services: services, state: state, refresher: refresher, request: request,
        file: file)
      return .swung(isOwnMotion ? try await swing.perform() : try await ordered(&swing))
    case .accept(let findings):
      try await state.accept(alsoThese: findings)
      return .accepted(count: findings.count)
    case .discard(let items): return .discarded(try await inventory.discard(items))
    case .tryBuild(let request): return try await tryBuild(request, file.id)
    case .disarm:
      try await state.disarm(host)
      return .disarmed
    }
  }

  private func tryBuild(
    _ request: TrialRequest, _ id: OperationID
  ) async throws(PortError) -> HostReport {
    let trial = Trial(
      host: spec, services: services, request: request, id: id,
      known: { await self.knownFindings() })
    let (stream, callOff) = AsyncStream.makeStream(of: Never.self)
    self.callOff = callOff
    return .tried(try await trial.perform(until: stream).get())
  }

  private func knownFindings() async -> [DoctorFinding] {
    guard let report = try? await findings() else { return await state.accepted }
    return report.findings + report.accepted
  }

  /// Doctor's last findings, or a new answer if Doctor has not run yet.
  private func findings() async throws(PortError) -> FindingsReport {
    let accepted = await state.accepted
    if let known = await refresher.doctorFindings {
      return FindingsReport(findings: known, accepted: accepted)
    }
    let reports = try await services.gateway.doctor(tenants: try await tenants())
    return FindingsReport(
      findings: reports.sorted { $0.key < $1.key }.flatMap(\.value.weighty), accepted: accepted)
  }

  private func tenants() async throws(PortError) -> [String] {
    try await services.fragments.survey().files.keys.sorted()
  }

  // MARK: Looking

  func answer(
    _ question: HostQuestion, deadline: Duration
  ) async throws(PortError) -> HostAnswer {
    switch question {
    case .outcome(let id): return .outcome(await state.operation(id)?.record)
    case .survey(let release): return .survey(try await survey(of: release))
    case .check: return .checked(try await check())
    case .runs(let cursor): return .runs(try await services.runLog.runs(after: cursor))
    case .findings: return .findings(try await findings())
    case .inventory: return .inventory(try await inventory.items())
    case .tenants: return .tenants(try await services.fragments.survey())
    case .probe(let busy): return .probe(try await probe(hearing: busy))
    case .attend(let epoch, let busy):
      if await state.epoch <= epoch { lastWord = services.time.now() }
      return .probe(try await probe(hearing: busy))
    }
  }

  private func probe(hearing busy: BusyTenants?) async throws(PortError) -> MergedProbe {
    if let busy {
      if let fault = busy.fault {
        throw PortError(
          .refused,
          "the agent of \(host) was told a list of tenants that it does not take: \(fault)",
          remedy: "Only Sluice itself may talk to the agent's socket.")
      }
      await refresher.hear(busy)
    }
    var probe = refresher.board.probe(at: services.time.now())
    probe.deadMan = await state.deadMan.last
    return probe
  }

  private var inventory: Inventory { Inventory(services: services, state: state) }

  private func check() async throws(PortError) -> HostCheck {
    let checks = HostChecks(spec: spec, services: services, state: state)
    let answers = await checks.answers() + traffic()
    return HostCheck(
      host: host, sluiceVersion: version, profile: await services.gateway.profile(),
      answers: answers, timings: await timings())
  }

  /// Which tenants Doctor is judged for; empty if Doctor does not answer by tenant.
  private func traffic() -> [GatewayAnswer] {
    guard let sentence = refresher.board.probe(at: services.time.now()).trafficSentence else {
      return []
    }
    return [
      GatewayAnswer(
        capability: "traffic", asked: "the controller's last word", level: .expected,
        came: sentence, means: "", milliseconds: 0)
    ]
  }

  /// The durations on this host, by the agent's own clock.
  private func timings() async -> HostTimings {
    let swing = await state.lastRestart()
    return HostTimings(
      start: swing?.restartMilliseconds, warmUp: swing?.warmUpMilliseconds,
      drain: swing?.drainMilliseconds, doctor: await refresher.doctorTook)
  }

  private func survey(of release: Release?) async throws(PortError) -> HostSurvey {
    let space: (freeBytes: Int64, totalBytes: Int64)
    do throws(SystemError) {
      let skills = spec.paths.skills
      let isThere = try Files.status(of: skills) != nil
      space = try Files.freeSpace(at: isThere ? skills : spec.paths.state)
    } catch { throw PortError(error) }
    let profile = await services.gateway.profile()
    // Over the command line the answer takes longer than a survey's deadline, so the last known one
    // counts.
    let identity =
      profile.speaksProtocol
      ? try? await services.gateway.identity() : await refresher.identity
    let builds = try await builds()
    var placing: PlacingSurvey?
    if let release {
      placing = await PlacingReader(spec: spec, infra: services.infra)
        .read(release, state: builds?.state.path)
    }
    let fragments = try await services.fragments.survey()
    let infra = try await services.infra.state()
    let slices = SliceComparison(paths: spec.paths)
      .compare(try await services.slices.slices(), with: infra.lock)
    return HostSurvey(
      host: host, sluiceVersion: version, epoch: await state.epoch,
      infra: infra, slices: slices, links: try await links(), tenants: fragments.digests,
      gateway: identity,
      probe: refresher.board.probe(at: services.time.now()), diskFreeBytes: space.freeBytes,
      diskTotalBytes: space.totalBytes, busyWith: await state.unfinished()?.id,
      profile: profile, timings: await timings(), builds: builds, placing: placing,
      operations: await state.recentOperations(), fragments: fragments)
  }

  /// A `current` that is no link to a slice is part of the answer: a fleet that was run by hand may
  /// have one.
  private func links() async throws(PortError) -> Links {
    do throws(PortError) { return try await services.slices.links() } catch {
      guard error.kind == .refused else { throw error }
      return Links(current: nil, next: nil, currentFault: error.message)
    }
  }

  /// Nil if the host declares no builds.
  private func builds() async throws(PortError) -> BuildSurvey? {
    guard let builds = services.builds, let state = services.openclawState else { return nil }
    let running = (try? await services.gateway.stateDirectory()) ?? nil
    return BuildSurvey(
      current: try await builds.current(), builds: try await builds.builds(),
      state: try await state.survey(running: running))
  }
}

extension OperationFile {
  /// Nil until the operation has ended.
  var answer: Result<HostReport, PortError>? {
    switch state {
    case .running: nil
    case .done:
      report.map { .success($0) }
        ?? .failure(PortError(.unknown, "operation \(id) was done, but its report is missing"))
    case .failed:
      .failure(error ?? PortError(.failed, "operation \(id) failed, but why is missing"))
    }
  }
}

extension HostOperation {
  /// Whether the operation changes nothing that serves.
  var isTrial: Bool { if case .tryBuild = self { true } else { false } }

  /// Whether the gateway goes on serving meanwhile, and its probe is taken.
  var leavesGateway: Bool { isTrial || self == .disarm }

  /// The operation's name in metrics.
  var name: String {
    switch self {
    case .place, .placeSigned: "place"
    case .swing: "swing"
    case .accept: "accept_findings"
    case .discard: "discard"
    case .tryBuild: "try_build"
    case .disarm: "disarm"
    }
  }
}

extension Result {
  var isSuccess: Bool { if case .success = self { true } else { false } }
}
