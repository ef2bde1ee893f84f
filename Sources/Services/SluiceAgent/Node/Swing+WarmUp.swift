import SluiceCore
import SluicePorts

/// Sluice's own session: before the links move, and after the start.
extension Swing {
  private static let ownSessionDeadline = Duration.seconds(60)

  /// The way by which clients reach the present process; the next one must serve them over the same
  /// way. A rollback does not require this. An agent that resumes a restart uses its predecessor's
  /// value.
  func wayOfSessions() async -> SessionWay? {
    guard goesForward else { return nil }
    if let restart = file.restart { return restart.way }
    return await gateway.sessionWay()
  }

  /// Opens a session before the link moves, to be used again afterwards: without a restart this is
  /// part of the proof. Here a failure is ignored; afterwards the session must answer.
  mutating func speakInOwnSession() async {
    // A rollback waits for no session.
    guard goesForward,
      (try? await moves.warmUp(over: nil, deadline: Self.ownSessionDeadline)) != nil
    else { return }
    hadSession = true
    steps.append("Sluice's own session answered before the link moved")
  }

  mutating func warmUp() async throws(PortError) -> Int64 {
    let left = max(1_000, policy.startMilliseconds - restartMilliseconds)
    let milliseconds = try await moves.warmUp(over: way, deadline: .milliseconds(left))
    steps.append(
      hadSession
        ? "the session that was there before answered" : "served a session of Sluice's own")
    return milliseconds
  }
}
