/// A gateway that admits nothing new, for a while, on request.
struct Suspension: Sendable {
  struct Held: Sendable {
    let requestID: String
    let terminalPolicy: String
    let drain: Bool
    let id = Identifier.random()
    /// Milliseconds since 1970.
    var expiresAt: Int64
    /// Nothing runs any more.
    var isReady = false
    /// Of the lease: an older timer must not end a renewed one.
    var renewal = 0
  }

  var held: Held?

  var isHeld: Bool { held != nil }
  var phase: String {
    guard let held else { return "accepting" }
    return held.isReady ? "prepared" : "draining"
  }
}

extension Gateway {
  private static let retryAfterMs: Int64 = 20_000

  func prepareSuspension(_ parameters: JSON) throws(ProtocolError) -> JSON {
    let policy = parameters["terminalPolicy"]?.text ?? "preserve"
    guard parameters.hasOnly(["requestId", "terminalPolicy", "drain"]),
      let requestID = Self.token(parameters["requestId"]),
      ["preserve", "terminate"].contains(policy),
      parameters["drain"] == nil || parameters["drain"]?.flag != nil
    else { throw .invalidParameters("gateway.suspend.prepare") }
    let drain = parameters["drain"]?.flag ?? false
    if var held = suspension.held {
      guard held.requestID == requestID, held.terminalPolicy == policy, held.drain == drain else {
        throw conflict(held, "another gateway suspension is already prepared")
      }
      renew(&held)
      suspension.held = held
      return prepared(held)
    }
    broadcast("gateway.suspension", ["phase": "preparing"])
    if !lane.isIdle, !drain {
      broadcast("gateway.suspension", ["phase": "accepting"])
      let work = ActiveWork(lane)
      return [
        "activeCount": .int(work.total), "blockers": work.blockers, "reason": "active-work",
        "retryAfterMs": .integer(Self.retryAfterMs), "status": "busy", "writeCustody": [],
      ]
    }
    var held = Suspension.Held(
      requestID: requestID, terminalPolicy: policy, drain: drain, expiresAt: 0)
    held.isReady = lane.isIdle
    renew(&held)
    suspension.held = held
    announcePhase()
    return prepared(held)
  }

  func suspensionStatus(_ parameters: JSON) throws(ProtocolError) -> JSON {
    guard parameters.hasOnly(["suspensionId"]), let id = Self.token(parameters["suspensionId"])
    else { throw .invalidParameters("gateway.suspend.status") }
    guard let held = suspension.held else { return ["status": "running"] }
    guard held.id == id else { throw conflict(held, "a different gateway suspension is prepared") }
    if held.isReady {
      return ["expiresAtMs": .integer(held.expiresAt), "status": "ready", "writeCustody": []]
    }
    let work = ActiveWork(lane)
    return [
      "activeCount": .int(work.total), "blockers": work.blockers,
      "expiresAtMs": .integer(held.expiresAt), "retryAfterMs": .integer(Self.retryAfterMs),
      "status": "draining", "writeCustody": [],
    ]
  }

  func resumeSuspension(_ parameters: JSON) throws(ProtocolError) -> JSON {
    guard parameters.hasOnly(["suspensionId"]), let id = Self.token(parameters["suspensionId"])
    else { throw .invalidParameters("gateway.suspend.resume") }
    guard let held = suspension.held else {
      return ["ok": true, "resumed": false, "status": "running"]
    }
    guard held.id == id else { throw .invalidRequest("gateway suspension id does not match") }
    reopen()
    return ["ok": true, "resumed": true, "status": "running"]
  }

  /// A drain is done when the last run has ended.
  func settleSuspension() {
    guard let held = suspension.held, !held.isReady else { return }
    suspension.held?.isReady = true
    announcePhase()
  }

  private func reopen() {
    suspension.held = nil
    announcePhase()
  }

  private func announcePhase() {
    broadcast("gateway.suspension", ["phase": .string(suspension.phase)])
  }

  private func renew(_ held: inout Suspension.Held) {
    let lease = configuration.standIn.suspensionMs
    held.expiresAt = wall + Int64(lease)
    held.renewal += 1
    let (id, renewal) = (held.id, held.renewal)
    after(lease) { gateway in
      guard let held = gateway.suspension.held, held.id == id, held.renewal == renewal else {
        return
      }
      gateway.say("[gateway] suspension expired")
      gateway.reopen()
    }
  }

  private func prepared(_ held: Suspension.Held) -> JSON {
    let work = ActiveWork(lane)
    var answer: JSON = [
      "activeCount": .int(work.total), "blockers": work.blockers,
      "expiresAtMs": .integer(held.expiresAt),
    ]
    if !held.isReady { answer = answer.adding("retryAfterMs", .integer(Self.retryAfterMs)) }
    return
      answer
      .adding("status", held.isReady ? "ready" : "draining")
      .adding("suspensionId", .string(held.id))
      .adding("writeCustody", [])
  }

  private func conflict(_ held: Suspension.Held, _ message: String) -> ProtocolError {
    .unavailable(
      message,
      details: [
        "expiresAtMs": .integer(held.expiresAt), "reason": "gateway-suspension-conflict",
      ], retryAfterMs: max(0, held.expiresAt - wall))
  }

  /// 1 to 128 characters, not all of them blank.
  private static func token(_ value: JSON?) -> String? {
    guard let text = value?.text, text.utf16.count <= 128 else { return nil }
    let trimmed = text.drop { $0.isWhitespace }
    return trimmed.isEmpty ? nil : String(trimmed.reversed().drop { $0.isWhitespace }.reversed())
  }
}
