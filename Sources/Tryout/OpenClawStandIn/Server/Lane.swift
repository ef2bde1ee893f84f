/// One turn of a session, from its admission to its end.
struct Run: Sendable {
  enum Origin: Sendable {
    case http(isGone: @Sendable () -> Bool)
    case webSocket
  }

  enum Outcome: Sendable {
    case reply(String)
    /// The model did not answer.
    case failed
    /// The gateway's own disk did not take the turn.
    case broken
  }

  let id: String
  let sessionKey: String
  let origin: Origin
  let admittedAt: Int64
  let completion: @Sendable (Run, Outcome) -> Void
  var startedAt: Int64?
  var release = ""
  var fails = false
  /// Of its events.
  var sequence: Int64 = 0

  var isHTTP: Bool { if case .http = origin { true } else { false } }

  /// The client no longer waits for the answer.
  var isAbandoned: Bool { if case .http(let isGone) = origin { isGone() } else { false } }
}

/// The lane `main`: what runs, and what waits for a place in it.
struct Lane: Sendable {
  var running: [String: Run] = [:]
  var waiting: [Run] = []

  var isIdle: Bool { running.isEmpty && waiting.isEmpty }
  var all: [Run] { Array(running.values) + waiting }
}

/// The work that keeps a gateway busy, by kinds, as `suspend.prepare` and the restart's preflight
/// count it.
struct ActiveWork: Sendable {
  let queue: Int
  let embeddedRuns: Int
  let rootRequests: Int
  let sessionAdmissions: Int

  init(_ lane: Lane) {
    // A run waits in the queue of its session and in the queue of the lane.
    queue = 2 * lane.running.count + lane.waiting.count
    embeddedRuns = lane.running.count
    rootRequests = lane.all.count { $0.isHTTP }
    sessionAdmissions = lane.running.count + lane.waiting.count
  }

  var total: Int { queue + embeddedRuns + rootRequests + sessionAdmissions }

  var blockers: JSON {
    .array(
      restartBlockers + blocker("session-admission", sessionAdmissions, "admitted session turn(s)"))
  }

  /// `gateway.restart.preflight`: session admissions do not count there.
  var preflight: JSON {
    let total = queue + embeddedRuns + rootRequests
    let messages = restartBlockers.compactMap { $0["message"]?.text }
    return [
      "blockers": .array(restartBlockers),
      "counts": [
        "activeTasks": 0, "backgroundExecSessions": 0, "cronRuns": 0,
        "embeddedRuns": .int(embeddedRuns), "pendingReplies": 0, "queueSize": .int(queue),
        "rootRequests": .int(rootRequests), "totalActive": .int(total),
      ],
      "safe": .bool(total == 0),
      "summary": .string(
        messages.isEmpty
          ? "safe to restart now" : "restart deferred: \(messages.joined(separator: "; "))"),
    ]
  }

  private var restartBlockers: [JSON] {
    blocker("queue", queue, "queued or active operation(s)")
      + blocker("embedded-run", embeddedRuns, "active embedded run(s)")
      + blocker("root-request", rootRequests, "active gateway request(s): \(rootRequestNames)")
  }

  private var rootRequestNames: String {
    var names = Array(repeating: "http:request", count: min(rootRequests, 8))
    if rootRequests > 8 { names.append("+\(rootRequests - 8) more") }
    return names.joined(separator: ", ")
  }

  private func blocker(_ kind: String, _ count: Int, _ message: String) -> [JSON] {
    if count == 0 { return [] }
    return [
      ["count": .int(count), "kind": .string(kind), "message": "\(String(count)) \(message)"]
    ]
  }
}
