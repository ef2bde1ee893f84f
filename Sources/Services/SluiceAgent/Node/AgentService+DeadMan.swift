import SluiceCore
import SluicePorts

// The dead man: a canary without a share goes back by itself when its writer stays silent.
extension AgentService {
  /// How often the agent looks for the writer's silence.
  private static let look: Int64 = 1_000

  /// Until the task is cancelled.
  func attendWriter() async {
    while (try? await services.time.pause(Self.look)) != nil { await goBackIfSilent() }
  }

  /// Goes the way back that the writer handed over, if the writer has been silent for so long, and no
  /// newer writer has spoken. The motion is a swing like a writer's, under an id of its own.
  func goBackIfSilent() async {
    guard moving == nil, let known = await state.deadMan.armed, moving == nil else { return }
    // From here on a writer's operation waits for the decision, and for the motion.
    moving = known.motion
    isOwnMotion = true
    defer { release() }
    guard let armed = await state.deadMan.armed, await state.epoch == armed.epoch,
      isSilent(for: armed.order.silenceMilliseconds)
    else { return }
    moving = armed.motion
    do throws(PortError) {
      try await state.beginOwnMotion(armed)
      let file = try await state.begin(armed.motion, armed.epoch, .swing(armed.order.request))
      if let answer = file.answer { return await state.endOwnMotion(answer) }
      _ = try await run(file)
    } catch {
      // The next try comes after the same time.
      lastWord = services.time.now()
      if await state.deadMan.last?.ended == nil, !Task.isCancelled {
        await state.endOwnMotion(.failure(error))
      }
    }
  }

  /// The monotonic clock of one boot decides; after a reboot the time begins anew.
  private func isSilent(for milliseconds: Int64) -> Bool {
    let now = services.time.now()
    guard let silence = now.milliseconds(since: lastWord) else {
      lastWord = now
      return false
    }
    return silence >= milliseconds
  }

  /// A writer's swing: arms or disarms before anything moves, and tells what the agent did before.
  func ordered(_ swing: inout Swing) async throws(PortError) -> SwingReport {
    try await state.arm(by: swing.file, swing.request)
    let last = await state.deadMan.last
    var report = try await swing.perform()
    if let last {
      report.notes = (report.notes ?? []) + [last.sentence]
      await state.forgetOwnMotion()
    }
    return report
  }
}
