import SluiceCore
import SluicePorts

// The agent's dead man: the host goes back by itself when its writer stays silent.

/// The way back that a writer handed over, and the agent's knowledge of its writer.
struct DeadManModel: Sendable {
  struct Armed: Sendable {
    var order: Boxed<DeadMan>
    var by: OperationID
    var epoch: Epoch
    var from: String
    var failures = 0
  }

  var armed: Armed?
  /// What the agent did by itself, until a writer's swing has succeeded.
  var last: DeadManReport?
  /// When the agent last heard its writer.
  var lastWord: Int64 = 0
  /// The world looks at the host when its time has come.
  var isWatched = false
}

extension HostModel {
  /// Before a swing of a writer moves anything.
  mutating func arm(by motion: Motion, _ request: SwingRequest) {
    deadMan.armed = request.deadMan.map {
      .init(
        order: Boxed($0), by: motion.id, epoch: motion.epoch,
        from: request.release.lock.skills.version)
    }
  }

  func disarmFault() -> PortError? {
    deadMan.last.map { PortError(.failed, "\(name): \($0.sentence)") }
  }

  /// When the host goes back by itself if it hears no word; nil: never.
  var deadManIsDueAt: Int64? {
    guard let armed = deadMan.armed, armed.epoch == epoch else { return nil }
    return deadMan.lastWord.addingClamped(armed.order.value.silenceMilliseconds)
  }

  /// Begins the agent's own motion, if its time has come.
  ///
  /// - Returns: milliseconds to its first stage; nil: nothing began.
  mutating func goBackIfSilent(at now: Int64) -> Int64? {
    guard agentRuns, motion == nil, let due = deadManIsDueAt, due <= now,
      let armed = deadMan.armed
    else { return nil }
    let request = armed.order.value.request
    var own = Motion(
      id: armed.by.deadMan(attempt: armed.failures + 1), epoch: armed.epoch,
      operation: Boxed(.swing(request)), stage: .drain)
    deadMan.last = DeadManReport(
      began: "2026-11-24T00:00:00.000Z", from: armed.from,
      to: request.release.lock.skills.version, armedBy: armed.by)
    own.before = Boxed(identity)
    motion = own
    return pace.drain
  }

  /// The end of a motion, for the dead man: of the agent's own one, or of a writer's swing.
  mutating func note(_ motion: Motion, ended answer: Result<HostReport, PortError>, at now: Int64) {
    guard motion.id.armedBy != nil else {
      if case .success(.swung) = answer { deadMan.last = nil }
      return
    }
    deadMan.last?.ended = "2026-11-24T00:00:00.000Z"
    switch answer {
    case .success: deadMan.armed = nil
    case .failure(let error):
      deadMan.last?.fault = error.message
      deadMan.armed?.failures += 1
      deadMan.lastWord = now
    }
  }
}
