import SluiceCore
import SluicePorts

/// The running process's own account of itself. The other readings stand beside this file: the HTTP
/// probes, what commands say, and the examination of everything.
extension OpenClawGateway: GatewayReading {
  public func identity() async throws(PortError) -> GatewayIdentity {
    guard await speaksProtocol else { return try await identityByCommand() }
    return try await converse(to: "say who it is", with: [.systemInfo, .skillsStatus]) {
      (conversation) throws(ConversationFailure) in
      let hello = conversation.hello
      let info =
        hello.offer.has(.systemInfo)
        ? try await conversation.call(.systemInfo, as: Frames.SystemInfo.self) : nil
      let started = await bootStart(of: hello.server.bootId, processUptime: info?.uptimeMs)
      // Last: it is answered, so all of the above was said by the boot that said hello.
      let skills = try await conversation.call(.skillsStatus, as: Frames.Skills.self)
      guard let started else { throw .unintelligible("it does not say since when it runs") }
      let marker = skills.skills.first { $0.name == Marker.skillName }?.description
      return GatewayIdentity(
        version: hello.server.version, buildID: hello.server.buildId,
        bootID: hello.server.bootId, pid: info?.pid, startedAtMilliseconds: remember(started),
        marker: marker.flatMap { Marker(description: $0) },
        node: await node(said: info?.nodeVersion, bootID: hello.server.bootId))
    }
  }

  /// The protocol reports the age of the process, which a restart in place does not change; the
  /// probes report the age of the boot (measured, 2026.9.6). The younger counts.
  private func bootStart(of bootID: String, processUptime: Int64?) async -> StartedBoot? {
    if let known = started.withLock({ $0 }), known.bootID == bootID { return known }
    let uptimes = [processUptime, await probedUptime()].compactMap(\.self)
    let now = time.now().wallMilliseconds
    guard let uptime = uptimes.filter({ (0...now).contains($0) }).min() else { return nil }
    return StartedBoot(bootID: bootID, milliseconds: now - uptime)
  }

  /// The first that was computed for a boot.
  func remember(_ boot: StartedBoot) -> Int64 {
    started.withLock { started in
      if let started, started.bootID == boot.bootID { return started.milliseconds }
      started = boot
      return boot.milliseconds
    }
  }

  /// An administrator's hello contains the directory; nothing is asked or changed.
  public func stateDirectory() async throws(PortError) -> String? {
    guard await speaksProtocol else { return nil }
    return try await converse(to: "say where its state is", with: [.suspendPrepare]) {
      conversation in
      conversation.hello.snapshot?.stateDir
    }
  }

  public func skills() async throws(PortError) -> [LoadedSkill] {
    let answer: Frames.Skills
    if await speaksProtocol {
      answer = try await converse(to: "list its skills", with: [.skillsStatus]) {
        (conversation) throws(ConversationFailure) in
        try await conversation.call(.skillsStatus, as: Frames.Skills.self)
      }
    } else {
      answer = try await skillsByCommand()
    }
    return answer.skills.map { skill in
      LoadedSkill(
        name: skill.name, description: skill.description ?? "", source: skill.source ?? "",
        filePath: skill.filePath ?? "", isEligible: skill.eligible ?? false)
    }
  }

  public func queueDepth() async throws(PortError) -> Int {
    guard await speaksProtocol else { return try await queueDepthByCommand() }
    let answer = try await converse(to: "tell its queue depth", with: [.diagnosticsLanes]) {
      (conversation) throws(ConversationFailure) in
      try await conversation.call(.diagnosticsLanes, as: Frames.Lanes.self)
    }
    // OpenClaw sends these numbers, so they may have any value.
    return (answer.lanes + [answer.dynamic].compactMap(\.self)).map { max(0, $0.queuedCount) }
      .clampedSum().clampedToJSON
  }
}
