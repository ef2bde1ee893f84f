import SluiceCore
import SluiceEngine
import SluiceLedger
import SluicePorts
import SluiceSystem
import Synchronization

/// Drives the controllers of a world with the real engine (tier 2): every job runs on the seeded
/// executor, and time passes only when none is ready.
final class Tier2Stage: Sendable {
  typealias Waiting = CheckedContinuation<Result<Answer, PortError>, Never>

  struct Turn: Sendable {
    var controller: Int
    var request: Request?
    var startsAnother = false
    /// The writer is no controller, but a person's program.
    var accepts: [HostName: [DoctorFinding]]?
  }

  private struct State: Sendable {
    var world: World
    var waiting: [CallID: Waiting] = [:]
    var asks: [Int: AsyncStream<Request>.Continuation] = [:]
    var readers: [Int: AsyncStream<EvidenceBatch>.Continuation] = [:]
    var losses: [Int: AsyncStream<PortError>.Continuation] = [:]
    var ledger = LedgerModel()
    var leaseHolder: Int?
    var lastKnown: Promotion?
    var supersededEnds = 0
  }

  private let state: Mutex<State>
  private let turns: AsyncStream<Turn>
  private let post: AsyncStream<Turn>.Continuation
  private let makeJudge: @Sendable () -> any Judge

  init(_ setup: WorldSetup, judge: @escaping @Sendable () -> any Judge) {
    state = Mutex(State(world: World(setup)))
    (turns, post) = AsyncStream.makeStream(of: Turn.self)
    makeJudge = judge
  }

  /// One whole life of a world, on the caller's thread.
  static func run(
    _ setup: WorldSetup, judge: @escaping @Sendable () -> any Judge,
    isolation: isolated (any Actor)? = #isolation
  ) async -> WorldReport {
    let stage = Tier2Stage(setup, judge: judge)
    let executor = SeededExecutor(seed: setup.seed)
    await withTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: executor) { await stage.perform() }
      executor.run { stage.step() }
    }
    return stage.report()
  }

  private func perform() async {
    await withTaskGroup(of: Void.self) { group in
      for await turn in turns {
        group.addTask {
          if let findings = turn.accepts {
            await self.accept(findings, by: turn.controller)
          } else {
            await self.control(turn)
          }
        }
      }
    }
  }

  /// Lets the next thing happen; false when the world is over.
  private func step() -> Bool {
    change { state in
      if state.world.isOver { return false }
      if !state.world.step() { state.world.giveUp() }
      return true
    }
  }

  // MARK: A controller

  private func control(_ turn: Turn) async {
    let (requests, asks) = AsyncStream.makeStream(of: Request.self)
    let hasBegun = change { state in
      state.asks[turn.controller] = asks
      return state.world.belief.hasBegun
    }
    let engine = PromotionEngine(env: env(of: turn.controller))
    let leads = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        // They end with the controller's death.
        for await request in requests { await engine.ask(request) }
        return false
      }
      group.addTask { await self.lead(engine, turn, hasBegun: hasBegun) }
      var leads = false
      for await ended in group {
        leads = leads || ended
        group.cancelAll()
      }
      return leads
    }
    let lastKnown = await engine.current()
    change { state in
      state.asks[turn.controller] = nil
      state.readers[turn.controller] = nil
      state.losses[turn.controller] = nil
      if leads, let lastKnown {
        if lastKnown.epoch >= state.ledger.history.replay.epoch {
          state.lastKnown = lastKnown
        } else {
          state.supersededEnds += 1
        }
      }
      state.world.ended(turn.controller)
    }
  }

  /// A person's program, which may be cut off like any other.
  private func accept(_ findings: [HostName: [DoctorFinding]], by controller: Int) async {
    // The acceptor's messages repeat the ledger and the hosts, which the world checks itself.
    try? await Acceptor(env: env(of: controller)).accept(
      findings, name: "accept-\(controller)", actor: "bo", reason: "as installed")
    change { state in
      state.losses[controller] = nil
      state.world.ended(controller)
    }
  }

  /// Returns whether the controller brought a promotion to its end.
  private func lead(_ engine: PromotionEngine, _ turn: Turn, hasBegun: Bool) async -> Bool {
    do throws(PortError) {
      let promotion =
        hasBegun && !turn.startsAnother
        ? try await engine.resume(with: turn.request)
        : try await engine.start(
          PromotionID(rawValue: hasBegun ? "p2" : "p1"), plan: plan, actor: "ana",
          ticket: "OPS-1", approval: approval)
      return promotion.phase.isTerminal
    } catch { return false }
  }

  private func env(of controller: Int) -> Env {
    let fleet = plan.fleet
    return Env(
      time: WorldTime(stage: self, controller: controller),
      hosts: Dictionary(
        uniqueKeysWithValues: fleet.hosts.map {
          ($0.name, WorldHostClient(host: $0.name, stage: self, controller: controller))
        }),
      balancer: WorldBalancer(stage: self, controller: controller),
      evidence: WorldEvidence(stage: self, controller: controller),
      ledger: WorldLedger(stage: self, controller: controller),
      lease: WorldLease(stage: self, controller: controller),
      archive: WorldArchive(stage: self, controller: controller), makeJudge: makeJudge)
  }

  private var approval: Approval? { state.withLock { $0.world.approval } }
  private var plan: Plan { state.withLock { $0.world.setup.plan } }

  // MARK: Calls

  func ask(_ call: Call, by controller: Int) async throws(PortError) -> Answer {
    let number = Mutex<CallID?>(nil)
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { waiting in
        change { state in
          let id = state.world.begin(call, by: controller)
          state.waiting[id] = waiting
          number.withLock { $0 = id }
          if Task.isCancelled { state.world.cancel(id) }
        }
      }
    } onCancel: {
      guard let id = number.withLock({ $0 }) else { return }
      change { $0.world.cancel(id) }
    }
    return try answer.get()
  }

  func now() -> Moment { state.withLock { $0.world.clock.moment($0.world.now) } }

  /// Changes the world, then performs its directives.
  @discardableResult
  private func change<Result: Sendable>(_ body: (inout sending State) -> Result) -> Result {
    let (result, actions) = state.withLock { state in
      let result = body(&state)
      let directives = state.world.takeDirectives()
      return (result, directives.flatMap { Self.actions(for: $0, in: &state, post) })
    }
    for action in actions { action() }
    return result
  }

  private static func actions(
    for directive: World.Directive, in state: inout State, _ post: AsyncStream<Turn>.Continuation
  ) -> [@Sendable () -> Void] {
    switch directive {
    case .completed(let id, let answer):
      guard let waiting = state.waiting.removeValue(forKey: id) else { return [] }
      return [{ waiting.resume(returning: answer) }]
    case .lead(let controller, let request):
      return [{ post.yield(Turn(controller: controller, request: request)) }]
    case .start(let controller):
      return [{ post.yield(Turn(controller: controller, startsAnother: true)) }]
    case .accept(let controller, let findings):
      return [{ post.yield(Turn(controller: controller, accepts: findings)) }]
    case .ask(let controller, let request):
      guard let asks = state.asks[controller] else { return [] }
      return [{ asks.yield(request) }]
    case .lostLease(let controller):
      guard let told = state.losses[controller] else { return [] }
      return [{ told.yield(World.leaseLoss) }]
    case .end(let controller):
      guard let asks = state.asks[controller] else { return [] }
      return [{ asks.finish() }]
    case .evidence(let batch):
      return state.readers.sorted { $0.key < $1.key }.map { reader in
        { reader.value.yield(batch) }
      }
    case .over: return [{ post.finish() }]
    }
  }

  // MARK: What the controllers' ports need

  func append(_ drafts: [LedgerDraft], mayUseReserve: Bool, by controller: Int) throws(PortError)
    -> [LedgerEntry]
  {
    let result: Result<[LedgerEntry], PortError> = change { state in
      Result { () throws(PortError) in
        try state.ledger.append(
          drafts, mayUseReserve: mayUseReserve, by: controller, in: &state.world)
      }
    }
    return try result.get()
  }

  func lines(by controller: Int) throws(PortError) -> [LedgerEntry] {
    let result: Result<[LedgerEntry], PortError> = change { state in
      Result { () throws(PortError) in
        try state.ledger.read(by: controller, in: &state.world)
      }
    }
    return try result.get()
  }

  func sessions(for controller: Int) -> AsyncStream<EvidenceBatch> {
    let (stream, reader) = AsyncStream.makeStream(of: EvidenceBatch.self)
    change { state in
      let told = state.world.traffic.told
      if !told.isEmpty { reader.yield(EvidenceBatch(sessions: told)) }
      if let runs = state.world.traffic.ledgers?.told {
        reader.yield(EvidenceBatch(sessions: [], runs: runs))
      }
      state.readers[controller] = reader
    }
    return stream
  }

  func losses(of controller: Int) -> AsyncStream<PortError> {
    let (stream, told) = AsyncStream.makeStream(of: PortError.self)
    change { $0.losses[controller] = told }
    return stream
  }

  /// A controller that was stopped loses the lease to its successor; one that is dead lost it then.
  func acquire(by controller: Int) throws(PortError) {
    let holder: Int? = change { state in
      if let holder = state.leaseHolder, state.world.holdsLease(holder) {
        return holder
      }
      state.leaseHolder = controller
      return nil
    }
    if let holder { throw PortError(.refused, "the lease is held by controller \(holder)") }
  }

  func release(by controller: Int) {
    change { if $0.leaseHolder == controller { $0.leaseHolder = nil } }
  }

  func leaseHolder() -> String? {
    state.withLock { $0.leaseHolder.map { "controller \($0)" } }
  }

  func write(_ name: String, _ bytes: [UInt8], by controller: Int) throws(PortError) {
    let error: PortError? = change { state in
      let disk = state.world.disk
      disk.allow(steps: state.world.stepsLeft(of: controller))
      var fault: SystemError?
      do throws(SystemError) { try disk.replace("/ledger/\(name)", with: bytes, mode: 0o640) } catch
      {
        fault = error
      }
      if state.world.takesLastStep(controller, of: disk.steps) { return World.dead }
      return fault.map {
        PortError($0.isOutOfSpace ? .outOfSpace : .failed, "\(name) cannot be written: \($0)")
      }
    }
    if let error { throw error }
  }

  func file(_ name: String) -> [UInt8]? {
    state.withLock { try? $0.world.disk.read("/ledger/\(name)") }
  }

  // MARK: The end

  private func report() -> WorldReport {
    state.withLock { state in
      var report = WorldReport(
        world: state.world, history: state.ledger.history, ledger: state.ledger.lines,
        lastKnown: state.lastKnown, supersededEnds: state.supersededEnds)
      if !state.ledger.isWhole(on: state.world.disk), !state.world.disk.isAltered {
        report.violate(1, "prefix", "the ledger has lost what it had told")
      }
      for fault in state.ledger.faults.prefix(1) { report.violate(1, "prefix", fault) }
      return report
    }
  }
}
