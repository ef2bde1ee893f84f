/// Restarts in place: which one is asked for, and when the last one was.
struct RestartSchedule: Sendable {
  struct Pending: Sendable {
    let reason: String
    /// On the monotonic clock.
    let dueAt: Int64
    /// Its time has come; it waits until nothing runs.
    var isDue = false
  }

  var pending: Pending?
  var lastAt: Int64?
}

extension Gateway {
  func requestRestart(_ parameters: JSON) throws(ProtocolError) -> JSON {
    guard parameters.keys != nil else { throw .invalidParameters("gateway.restart.request") }
    let reason = parameters["reason"]?.text.flatMap { $0.isEmpty ? nil : String($0.prefix(200)) }
    let preflight = ActiveWork(lane).preflight
    let cooldown = restart.lastAt.map {
      max(0, $0 + Int64(configuration.standIn.restartCooldownMs) - now)
    }
    let isCoalesced = restart.pending != nil
    let delay = restart.pending.map { max(0, $0.dueAt - now) } ?? cooldown ?? 0
    if !isCoalesced {
      restart.pending = RestartSchedule.Pending(
        reason: reason ?? "gateway.restart.safe", dueAt: now + delay)
      // The answer must leave before its connection is closed.
      after(Int(delay) + 20) { gateway in
        gateway.restart.pending?.isDue = true
        gateway.restartWhenIdle()
      }
    }
    let isSafe = preflight["safe"]?.flag ?? false
    return [
      "ok": true, "preflight": preflight,
      "restart": [
        "coalesced": .bool(isCoalesced), "cooldownMsApplied": .integer(cooldown ?? 0),
        "delayMs": .integer(delay), "emitHooksQueued": false, "mode": "emit", "ok": true,
        "pid": .integer(Int64(OwnProcess.identifier)),
        "reason": .string(reason ?? "gateway.restart.safe"), "signal": "SIGUSR2",
      ],
      "status": isCoalesced ? "coalesced" : isSafe ? "scheduled" : "deferred",
    ]
  }

  /// Sessions that came in before it are waited for; a suspension is not waited for, it ends.
  func restartWhenIdle() {
    guard let pending = restart.pending, pending.isDue, phase == .running, lane.isIdle else {
      return
    }
    restart = RestartSchedule(pending: nil, lastAt: now)
    phase = .restarting
    say("[gateway] restarting in place (\(pending.reason))")
    closeDown(["reason": "gateway restarting", "restartExpectedMs": 1500]) { gateway in
      guard gateway.phase == .restarting else { return gateway.endWhenIdle() }
      gateway.boot(
        reason: "restart in place: \(pending.reason)",
        after: gateway.configuration.standIn.restartInPlaceMs)
    }
  }
}
