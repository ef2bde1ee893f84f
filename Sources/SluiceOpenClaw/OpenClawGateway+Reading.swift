import SluiceCore
import SluicePorts

/// What the running process says of itself.
extension OpenClawGateway {
  public func identity() async throws(PortError) -> GatewayIdentity {
    try await converse(to: "say who it is", with: [.systemInfo, .skillsStatus]) {
      (conversation) throws(ConversationFailure) in
      let hello = conversation.hello
      let now = time.now()
      let info =
        hello.dialect.has(.systemInfo)
        ? try await conversation.call(.systemInfo, as: Frames.SystemInfo.self) : nil
      guard let uptime = hello.snapshot?.uptimeMs ?? info?.uptimeMs,
        (0...now.wallMilliseconds).contains(uptime)
      else {
        throw .unintelligible("it does not say since when it runs")
      }
      let skills = try await conversation.call(.skillsStatus, as: Frames.Skills.self)
      let marker = skills.skills.first { $0.name == Marker.skillName }?.description
      return GatewayIdentity(
        version: hello.server.version, buildID: hello.server.buildId,
        bootID: hello.server.bootId, pid: info?.pid,
        startedAtMilliseconds: start(of: hello.server.bootId, now.wallMilliseconds - uptime),
        marker: marker.flatMap { Marker(description: $0) })
    }
  }

  /// The first that was computed for this boot.
  private func start(of bootID: String, _ milliseconds: Int64) -> Int64 {
    started.withLock { started in
      if let started, started.bootID == bootID { return started.milliseconds }
      started = StartedBoot(bootID: bootID, milliseconds: milliseconds)
      return milliseconds
    }
  }

  public func skills() async throws(PortError) -> [LoadedSkill] {
    let answer = try await converse(to: "list its skills", with: [.skillsStatus]) {
      (conversation) throws(ConversationFailure) in
      try await conversation.call(.skillsStatus, as: Frames.Skills.self)
    }
    return answer.skills.map { skill in
      LoadedSkill(
        name: skill.name, description: skill.description ?? "", source: skill.source ?? "",
        filePath: skill.filePath ?? "", isEligible: skill.eligible ?? false)
    }
  }

  public func queueDepth() async throws(PortError) -> Int {
    let answer = try await converse(to: "tell its queue depth", with: [.diagnosticsLanes]) {
      (conversation) throws(ConversationFailure) in
      try await conversation.call(.diagnosticsLanes, as: Frames.Lanes.self)
    }
    // Saturating: the numbers are somebody else's.
    return (answer.lanes + [answer.dynamic].compactMap(\.self)).reduce(0) { sum, lane in
      let (next, overflows) = sum.addingReportingOverflow(max(0, lane.queuedCount))
      return overflows ? .max : next
    }
  }
}
