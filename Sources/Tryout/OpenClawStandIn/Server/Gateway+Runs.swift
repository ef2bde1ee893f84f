import SluiceSystem

extension Gateway {
  /// Whether a new session gets in.
  var admitsWork: Bool { phase == .running && !suspension.isHeld }

  /// Admits a run; it begins when the lane has a place for it.
  func begin(
    sessionKey: String, origin: Run.Origin, id: String? = nil,
    completion: @escaping @Sendable (Run, Run.Outcome) -> Void
  ) {
    let run = Run(
      id: id ?? "chatcmpl_\(Identifier.random())", sessionKey: sessionKey,
      origin: origin, admittedAt: wall, completion: completion)
    if lane.running.count < configuration.standIn.maxConcurrent {
      start(run)
    } else {
      lane.waiting.append(run)
    }
  }

  private func start(_ admitted: Run) {
    followLinks()
    var run = admitted
    run.startedAt = wall
    run.release = pack.release
    let quality = pack.quality
    run.fails = generator.unit() < quality.errorRate
    var latency = generator.logNormal(median: quality.median, sigma: quality.sigma)
    if isFirstSession {
      isFirstSession = false
      latency += Double(configuration.standIn.firstSessionExtraMs)
    }
    record(run, action: "agent.run.started", status: "started", sourceSequence: 1)
    announce(&run, "lifecycle", ["phase": "start", "startedAt": .integer(wall)])
    announce(&run, "lifecycle", ["model": "m1", "phase": "model", "provider": "standin"])
    if run.fails {
      announce(&run, "run_status", ["phase": "retrying", "reason": "provider-error"])
    }
    lane.running[run.id] = run
    let id = run.id
    after(Int(min(latency, 3_600_000).rounded())) { $0.finish(id) }
  }

  /// Ends the run once; later calls do nothing.
  func finish(_ id: String) {
    guard var run = lane.running.removeValue(forKey: id) else { return }
    if run.isAbandoned {
      // As recorded: the run of a client that went away gets no other row.
    } else if run.fails {
      record(
        run, action: "agent.run.finished", status: "failed", errorCode: "run_failed",
        sourceSequence: 7)
      announce(
        &run, "lifecycle",
        ["endedAt": .integer(wall), "error": "upstream provider error", "phase": "error"])
      announceChat(run, state: "error", text: nil)
      run.completion(run, .failed)
    } else {
      reply(&run)
    }
    if !lane.waiting.isEmpty { start(lane.waiting.removeFirst()) }
    workEnded()
  }

  private func reply(_ run: inout Run) {
    let text: String
    do {
      let turn = try sessions.addTurn(run.sessionKey, release: run.release, at: wall)
      text = "turn \(turn) of this conversation, release \(run.release)"
    } catch {
      say("[sessions] \(error)")
      record(
        run, action: "agent.run.finished", status: "failed", errorCode: "run_failed",
        sourceSequence: 7)
      return run.completion(run, .broken)
    }
    announce(&run, "assistant", ["delta": .string(text), "text": .string(text)])
    announceChat(run, state: "delta", text: text)
    record(run, action: "agent.run.finished", status: "succeeded", sourceSequence: 7)
    let times: JSON = [
      "aborted": false, "endedAt": .integer(wall), "livenessState": "working",
      "phase": "finishing", "stopReason": "stop",
    ]
    announce(&run, "lifecycle", times)
    announce(
      &run, "lifecycle",
      [
        "aborted": false, "endedAt": .integer(wall), "executionSettled": true,
        "livenessState": "working", "phase": "end",
        "startedAt": .integer(run.startedAt ?? run.admittedAt), "stopReason": "stop",
        "terminalReply": ["disposition": "visible", "text": .string(text)],
      ])
    announceChat(run, state: "final", text: text)
    run.completion(run, .reply(text))
  }

  /// Continues all that waits for the end of running work: a drain, a deferred restart, the exit.
  private func workEnded() {
    guard lane.isIdle else { return }
    settleSuspension()
    restartWhenIdle()
    endWhenIdle()
  }

  private func record(
    _ run: Run, action: String, status: String, errorCode: String? = nil, sourceSequence: Int64
  ) {
    do {
      try audit.append(
        at: wall, action: action, status: status, errorCode: errorCode, runID: run.id,
        sessionKey: run.sessionKey, sourceSequence: sourceSequence)
    } catch {
      // Best effort, as the real one writes it.
      say("[audit] \(error)")
    }
  }
}

// MARK: Events

extension Gateway {
  private func announce(_ run: inout Run, _ stream: JSON, _ data: JSON) {
    run.sequence += 1
    guard hasListeners else { return }
    broadcast(
      "agent",
      [
        "agentId": "main", "data": data, "runId": .string(run.id), "seq": .integer(run.sequence),
        "sessionId": .string(Identifier.derived(from: run.sessionKey)),
        "sessionKey": .string(run.sessionKey), "stream": stream, "ts": .integer(wall),
      ])
  }

  private func announceChat(_ run: Run, state: JSON, text: String?) {
    guard hasListeners else { return }
    var payload: JSON = ["agentId": "main"]
    if let text {
      if state == "delta" { payload = payload.adding("deltaText", .string(text)) }
      payload = payload.adding(
        "message",
        [
          "content": [["text": .string(text), "type": "text"]], "role": "assistant",
          "timestamp": .integer(wall),
        ])
    }
    payload = payload.adding("runId", .string(run.id))
    payload = payload.adding("seq", .integer(run.sequence))
    payload = payload.adding("sessionKey", .string(run.sessionKey))
    payload = payload.adding("state", state)
    if state == "final" { payload = payload.adding("stopReason", "stop") }
    if state == "error" { payload = payload.adding("errorMessage", "upstream provider error") }
    broadcast("chat", payload)
  }
}
