import SluiceCore
import SluicePorts

/// The session of Sluice's own: before the links move, and after the start.
extension Swing {
  private static let ownSessionDeadline = Duration.seconds(60)

  /// How clients reach what serves now: what comes after it must serve them so, too. A way back is not
  /// held up by it. Whoever takes a restart up again finds what its predecessor had found.
  func wayOfSessions() async -> SessionWay? {
    guard goesForward else { return nil }
    if let restart = file.restart { return restart.way }
    return await gateway.sessionWay()
  }

  /// A session that existed before the link moves, to be asked again after it: without a restart
  /// that is part of the proof. Best effort here; there it must answer.
  mutating func speakInOwnSession() async {
    // A way back waits for nothing.
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
