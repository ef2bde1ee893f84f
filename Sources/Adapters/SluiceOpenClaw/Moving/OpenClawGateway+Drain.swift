import SluiceCore
import SluicePorts

/// Closing for new work, opening again, restarting in place; `OpenClawGateway+WarmUp` has it serve a
/// session of Sluice's own.
extension OpenClawGateway: GatewayMoving {
  private static let pollInterval = Duration.milliseconds(50)
  private static let longestPoll = Duration.milliseconds(250)
  /// Of a connection that broke while the gateway drained.
  private static let reconnections = 20
  private static let usualLeaseMilliseconds: Int64 = 120_000
  private static let leavesClosed = "the gateway stays closed until its suspension ends"

  /// The gateway holds a suspension for two minutes. The drain renews the suspension while it
  /// waits, and once more before it returns. A caller that needs longer drains again with the same
  /// token, which renews the suspension.
  public func drain(token: String, deadline: Duration) async throws(PortError) -> DrainReport {
    guard await speaksProtocol else {
      return try await drainByCommand(token: token, deadline: deadline)
    }
    let begun = time.now()
    var activeAtStart: Int?
    var failures = 0
    while true {
      let failure: PortError
      do throws(PortError) {
        let last = try await converse(
          to: "drain", with: [.suspendPrepare, .suspendStatus]
        ) { (conversation) throws(ConversationFailure) in
          let first = try await prepare(token, conversation)
          activeAtStart = activeAtStart ?? first.active
          failures = 0
          return try await watch(first, token, conversation, since: begun, deadline)
        }
        return DrainReport(
          isIdle: last.status == "ready", activeAtStart: activeAtStart ?? last.active,
          activeNow: last.active, milliseconds: milliseconds(since: begun))
      } catch {
        failure = error
      }
      failures += 1
      // A drain that never began fails at once; an interrupted drain is taken up again.
      guard activeAtStart != nil, [.unreachable, .unknown].contains(failure.kind),
        failures <= Self.reconnections, milliseconds(since: begun) < deadline.wholeMilliseconds
      else { throw failure }
      try await pause(Self.longestPoll, Self.leavesClosed)
    }
  }

  private func prepare(
    _ token: String, _ conversation: Conversation
  ) async throws(ConversationFailure) -> Frames.Suspension {
    let answer = try await conversation.call(
      .suspendPrepare, Frames.PrepareSuspension(requestId: token), as: Frames.Suspension.self)
    guard ["ready", "draining"].contains(answer.status), let id = answer.suspensionId else {
      throw .unintelligible("it did not close: \(answer.status)")
    }
    suspension.withLock { $0 = Suspension(token: token, id: id) }
    return answer
  }

  /// Until nothing runs or the deadline has come; returns how it is then.
  private func watch(
    _ first: Frames.Suspension, _ token: String, _ conversation: Conversation,
    since begun: Moment, _ deadline: Duration
  ) async throws(ConversationFailure) -> Frames.Suspension {
    var answer = first
    var prepared = time.now()
    var poll = Self.pollInterval
    while answer.status != "ready" {
      let left = deadline.wholeMilliseconds - milliseconds(since: begun)
      if left <= 0 { break }
      do { try await time.sleep(for: min(poll, .milliseconds(left))) } catch { throw .cancelled }
      poll = min(poll * 2, Self.longestPoll)
      guard let id = answer.suspensionId ?? suspension.withLock({ $0?.id }) else {
        throw .unintelligible("it forgot its suspension")
      }
      let lease = Self.lease(answer, at: prepared)
      answer =
        milliseconds(since: prepared) < lease / 3
        ? try await conversation.call(
          .suspendStatus, Frames.SuspensionName(suspensionId: id), as: Frames.Suspension.self)
        : try await prepare(token, conversation)
      // The lease ran out behind our back: it is open again, and closed once more.
      if answer.status == "running" { answer = try await prepare(token, conversation) }
      if answer.suspensionId != nil { prepared = time.now() }
    }
    if answer.suspensionId == nil { answer = try await prepare(token, conversation) }
    return answer
  }

  /// How long the suspension lasts unless it is renewed, in milliseconds. The gateway's clock is this
  /// host's.
  private static func lease(_ answer: Frames.Suspension, at prepared: Moment) -> Int64 {
    guard let end = answer.expiresAtMs, end > prepared.wallMilliseconds else {
      return usualLeaseMilliseconds
    }
    return min(end - prepared.wallMilliseconds, usualLeaseMilliseconds)
  }

  /// Opens the gateway again; does nothing when it is open. To open a gateway that an earlier
  /// process of Sluice drained, first drain once more with that drain's token.
  public func resume() async throws(PortError) {
    guard await speaksProtocol else { return try await resumeByCommand() }
    try await converse(to: "open again", with: [.suspendResume]) {
      (conversation) throws(ConversationFailure) in
      try await reopen(conversation)
    }
  }

  private func reopen(_ conversation: Conversation) async throws(ConversationFailure) {
    guard let held = suspension.withLock({ $0 }) else {
      if conversation.hello.isSuspended { throw .heldByAnother }
      return
    }
    do throws(ConversationFailure) {
      let answer = try await conversation.call(
        .suspendResume, Frames.SuspensionName(suspensionId: held.id), as: Frames.Resumed.self)
      guard answer.ok else { throw .unintelligible("it did not open again") }
    } catch {
      // Ours has ended, another holds it now.
      if case .refused(let refusal) = error, refusal.code == "INVALID_REQUEST" {
        suspension.withLock { $0 = nil }
        throw .heldByAnother
      }
      throw error
    }
    suspension.withLock { $0 = nil }
  }

  /// Returns when the gateway has accepted the request. A drained gateway is opened first, because
  /// it refuses a restart while it is suspended. The gateway waits for running work and never cuts
  /// it off. Between two restarts in place are at least 30 s. A new boot id shows that the restart
  /// is done.
  public func requestRestart(reason: String) async throws(PortError) {
    guard await speaksProtocol else {
      throw PortError(
        .refused,
        "this OpenClaw cannot restart itself so that it can be told that it did: it keeps its "
          + "process and has no boot id", remedy: "Set swing.restart_by to service.")
    }
    try await converse(to: "restart", with: [.suspendResume, .restartRequest]) {
      (conversation) throws(ConversationFailure) in
      if conversation.hello.isSuspended { try await reopen(conversation) }
      let answer = try await conversation.call(
        .restartRequest, Frames.Restart(reason: String(reason.prefix(200))),
        as: Frames.RestartAnswer.self)
      guard answer.ok else { throw .unintelligible("it did not accept the restart") }
    }
    suspension.withLock { $0 = nil }
  }
}
