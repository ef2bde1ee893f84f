import SluiceCore
import SluicePorts

/// A host behind its port whose work takes no time: for tests that have no world around it.
public actor SimulatedHost: HostClient {
  public nonisolated let host: HostName
  private var model: HostModel
  private let time: SimulatedTime
  private let effects: EffectLog
  /// Answers that get lost after the work was done, and requests before it.
  private var answersToLose = 0
  public private(set) var isReachable = true

  public init(
    _ host: HostName, runs release: Release, time: SimulatedTime = SimulatedTime(),
    effects: EffectLog = EffectLog()
  ) {
    self.host = host
    self.time = time
    self.effects = effects
    model = HostModel(host, runs: release)
    effects.note(model.takeFacts(), of: host)
  }

  /// Restarts by operation: none may have more than one.
  public var restarts: [OperationID: Int] { model.restarts }
  public var placements: Int { model.placements }
  /// The running process's own word.
  public var running: Marker { model.loaded }
  public var currentLinks: Links { model.links }

  public func setReachable(_ flag: Bool) { isReachable = flag }
  public func loseAnswers(_ count: Int) { answersToLose = count }
  /// A release whose tree does not hash to its lock.
  public func lie(about version: String) { model.lies.insert(version) }
  /// From now on the trees equal their locks again.
  public func tellTheTruth() { model.lies = [] }
  /// An earlier release whose slice and build are kept.
  public func keep(_ release: Release) { model.keep(release) }
  public func install(_ build: ReleaseLock.OpenClaw) { model.openclaw.install(build) }
  public func run(_ release: Release, since operation: OperationID) throws(PortError) {
    try model.run(release, since: operation)
    show()
  }
  /// A conversation leaves something in the state.
  public func speak() { model.openclaw.state.writes += 1 }
  public var builds: SimulatedBuilds { model.openclaw }

  public func answer(
    _ question: HostQuestion, deadline: Duration
  ) throws(PortError) -> HostAnswer {
    guard isReachable else { throw silence }
    defer { show() }
    guard let answer = model.answer(question, at: time.milliseconds) else { throw silence }
    return answer
  }

  public func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) throws(PortError) -> HostReport {
    guard isReachable else { throw silence }
    let report = try act(operation, id, epoch)
    if answersToLose > 0 {
      answersToLose -= 1
      throw PortError(.unknown, "the answer of \(host) was lost")
    }
    return report
  }

  private var silence: PortError { PortError(.unreachable, "\(host) does not answer") }

  private func act(_ operation: HostOperation, _ id: OperationID, _ epoch: Epoch)
    throws(PortError) -> HostReport
  {
    let arrival = model.arrive(operation, id: id, epoch: epoch, at: time.milliseconds)
    show()
    switch arrival {
    case .answered(let answer): return try answer.get()
    case .silence, .underWay: throw silence
    case .begun: break
    }
    while true {
      let progress = model.proceed(at: time.milliseconds)
      show()
      switch progress {
      case .next: continue
      case .stopped: throw PortError(.unknown, "the agent of \(host) ended in the middle of it")
      case .ended(_, let answer): return try answer.get()
      }
    }
  }

  private func show() {
    effects.note(model.takeFacts(), of: host)
    for effect in model.effects { effects.record(effect.kind, epoch: effect.epoch) }
    model.effects = []
  }
}
