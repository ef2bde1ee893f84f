import SluiceCore
import SluicePorts

// The dead man: on disk before it counts.
extension OperationState {
  /// Before a writer's swing moves anything: arms for the way back that the swing hands over, or
  /// disarms.
  ///
  /// - Throws: if the arming cannot be kept. A disarming that the disk refuses stops no rollback: this
  ///   agent knows it, and the next one goes at most to the same release.
  func arm(by file: OperationFile, _ request: SwingRequest) throws(PortError) {
    var next = deadMan
    next.armed = request.deadMan.map {
      DeadManFile.Armed(
        order: $0, by: file.id, epoch: file.epoch, from: request.release.lock.skills.version)
    }
    guard next != deadMan else { return }
    do throws(PortError) { try keep(next) } catch {
      guard next.armed == nil else {
        throw PortError(
          .refused, "the way back cannot be kept, so nothing was moved: \(error.message)",
          remedy: error.remedy)
      }
      deadMan = next
    }
  }

  /// For good: the canary is about to get a share.
  ///
  /// - Throws: if the agent went back by itself, or the disk refuses.
  func disarm(_ host: HostName) throws(PortError) {
    if let last = deadMan.last {
      throw PortError(
        .failed, "\(host): \(last.sentence)",
        remedy: "The promotion rolls back, and the next one proves the canary again.")
    }
    guard deadMan.armed != nil else { return }
    try keep(DeadManFile())
  }

  /// The report is on disk before the agent's own motion begins, so that no writer is told later that
  /// there was none.
  func beginOwnMotion(_ armed: DeadManFile.Armed) throws(PortError) {
    var next = deadMan
    next.last = DeadManReport(
      began: now, from: armed.from, to: armed.order.release.lock.skills.version, armedBy: armed.by)
    try keep(next)
  }

  /// If the disk refuses, this process still knows how the motion ended.
  func endOwnMotion(_ result: Result<HostReport, PortError>) {
    deadMan.last?.ended = now
    switch result {
    case .success: deadMan.armed = nil
    case .failure(let error):
      deadMan.last?.fault = error.message
      deadMan.armed?.failures += 1
    }
    try? keep(deadMan)
  }

  /// A writer's swing succeeded, and its report tells what the agent did before.
  func forgetOwnMotion() {
    guard deadMan.last != nil else { return }
    deadMan.last = nil
    try? keep(deadMan)
  }

  private func keep(_ file: DeadManFile) throws(PortError) {
    try files.write(file, "dead-man.json")
    deadMan = file
  }
}
