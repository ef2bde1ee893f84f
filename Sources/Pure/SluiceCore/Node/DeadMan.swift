/// The way back that a writer hands to a canary's agent before the canary leaves the last good release.
/// The agent goes this way by itself if the writer stays silent for too long (decision 044).
public struct DeadMan: Sendable, Hashable, Codable {
  /// So long after the writer's last word the agent acts.
  public var silenceMilliseconds: Int64
  /// The last good release.
  public var release: Release
  /// The slice that `next` shall name; nil leaves `next` as it is.
  public var next: String?
  public var policy: SwingPolicy
  /// Nil leaves OpenClaw's state as it is.
  public var state: StateMove?

  public init(
    silenceMilliseconds: Int64, release: Release, next: String?, policy: SwingPolicy,
    state: StateMove?
  ) {
    self.silenceMilliseconds = silenceMilliseconds
    self.release = release
    self.next = next
    self.policy = policy
    self.state = state
  }

  /// The swing that the agent performs: the same as a writer's.
  public var request: SwingRequest {
    SwingRequest(release: release, next: next, policy: policy, state: state)
  }
}

/// What an agent did by itself, for the next writer.
public struct DeadManReport: Sendable, Hashable, Codable {
  /// RFC 3339, by the host's wall clock.
  public var began: String
  /// The skills' version that the host ran, and the one that it went back to.
  public var from: String
  public var to: String
  /// The operation that armed the dead man.
  public var armedBy: OperationID
  /// Nil until the motion ended.
  public var ended: String?
  /// Why the motion failed; nil: it did not.
  public var fault: String?

  public init(began: String, from: String, to: String, armedBy: OperationID) {
    self.began = began
    self.from = from
    self.to = to
    self.armedBy = armedBy
  }

  public var sentence: String {
    let end =
      fault.map { ", which failed: \($0)" } ?? (ended == nil ? " and has not ended this" : "")
    return Speech.text(
      "no writer spoke to the agent, so at \(began) it began to go back by itself from \(from) to "
        + "\(to)\(end)")
  }
}

extension OperationID {
  private static let ownMotion = ".dead-man-"

  /// The id of the agent's own motion after this operation has armed it.
  public func deadMan(attempt: Int) -> OperationID {
    OperationID(rawValue: "\(rawValue)\(Self.ownMotion)\(attempt)")
  }

  /// The operation that armed the agent, if this is the id of the agent's own motion; nil otherwise.
  public var armedBy: OperationID? {
    let parts = rawValue.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 1, let last = parts.last, last.hasPrefix(Self.ownMotion.dropFirst()) else {
      return nil
    }
    return OperationID(rawValue: parts.dropLast().joined(separator: "."))
  }
}

extension Plan {
  /// Whether the host's agent may be armed, so that it has to hear its writer.
  public func hasDeadMan(on host: HostName) -> Bool {
    fleet.swing.deadManMilliseconds != nil && canaries.contains(host)
  }

  /// What a canary's agent is armed with before a swing; nil disarms it. Only a swing to the new
  /// release arms.
  public func deadMan(of order: SwingOrder, _ id: OperationID) -> DeadMan? {
    guard let silence = fleet.swing.deadManMilliseconds, purpose.goesForward, order.release == to,
      canaries.contains(order.host)
    else { return nil }
    let known = snapshot.hosts[order.host]
    let state: StateMove? =
      order.state?.copies == true ? .putBack(of: id) : known?.stateCopiedBy.map { .putBack(of: $0) }
    var policy = fleet.swing
    policy.drainMilliseconds = min(policy.drainMilliseconds, policy.rollbackDrain)
    policy.atDrainDeadline = .cut
    return DeadMan(
      silenceMilliseconds: silence, release: snapshot.release, next: known?.links.next,
      policy: policy, state: state)
  }
}
