import SluiceCore
import SluicePorts

/// Waits until a process that was just started shows by its work that it has begun.
struct StartWait: Sendable {
  enum Outcome: Sendable, Equatable { case atWork, ended, late, interrupted }

  let time: any Time
  let deadline: Duration
  let pause: Duration

  func outcome(
    isRunning: @Sendable () -> Bool, isAtWork: @Sendable () async -> Bool
  ) async -> Outcome {
    let began = time.now()
    while true {
      if await isAtWork() { return .atWork }
      guard isRunning() else {
        // The controller may have done all its work between two reads of the ledger.
        return await isAtWork() ? .atWork : .ended
      }
      let waited = time.now().milliseconds(since: began) ?? .max
      guard waited < deadline.wholeMilliseconds else { return .late }
      do { try await time.sleep(for: pause) } catch { return .interrupted }
    }
  }
}
