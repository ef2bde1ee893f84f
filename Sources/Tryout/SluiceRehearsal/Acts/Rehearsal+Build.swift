import SluiceCore
import SluiceHTTP
import SluiceLedger
import SluicePorts
import SluiceSystem

// Act 5: another OpenClaw build, whose first start makes of the state what the old build refuses.
extension Rehearsal {
  private static let conversation = "before-the-build"

  func newBuild() async throws -> ActReport {
    guard let old = fleet.programs.build, let canary = fleet.fleet.canaries.first else {
      throw PortError(.failed, "there is no build to come from")
    }
    // Past the balancer: it must lie on the gateway that is swung.
    let before = try await turn(of: canary)
    let first = try await lineCount()
    let plan = try await readPlan(SkillPack.nextBuild.tag)
    try await refuseUnapproved(plan)
    let story = try await moveAndRollBack(plan, from: first)
    guard story.ending == .rolledBack, let retreat = story.retreat else {
      return unfinished(.newBuild, story)
    }
    let after = try await turn(of: canary)
    let swings = story.swings(of: canary.name)
    let copies = swings.compactMap(\.state).filter { $0.copy != nil && $0.aside == nil }
    guard let aside = swings.last?.state?.aside, let copied = copies.last,
      try Files.status(of: aside)?.kind == .directory
    else {
      return ActReport(
        .newBuild, .failed, .unfinished("the ledger names no newer state that was kept aside"))
    }
    narrator.say("\(canary.name)'s newer state is kept: \(aside)")
    let refusal = try await refuseNewerState(aside, of: canary)
    let versions = swings.map(\.after.version)
    let facts = BuildStory(
      from: old.version, to: versions.first { $0 != old.version } ?? old.version,
      back: versions.last ?? "?", copiedBytes: copied.bytes,
      copiedMilliseconds: copied.milliseconds, verified: retreat.verified,
      turns: before...max(before, after), aside: aside, refusal: refusal)
    return ActReport(.newBuild, story.ending, .broughtBack(facts), swings: SwingTimes(swings))
  }

  /// The turns that the gateway knows of a conversation of its own, after one more.
  private func turn(of host: HostSpec) async throws -> Int {
    let client = HTTPClient()
    defer { client.shutdown() }
    return try await fleet.ask(host.gateway, Self.conversation, client).turn
  }

  /// A rollback would lose data, so the plan needs a person's approval: nothing begins without it.
  private func refuseUnapproved(_ plan: String) async throws {
    narrator.say("sluice promote \(plan), without an approval")
    let answer = try await user.type(["promote", plan])
    guard answer.code == 5 else {
      throw PortError(
        .failed, "a plan that migrates the state was not held for a person: \(answer.words)")
    }
    narrator.say("refused: \(answer.words)")
    narrator.say("sluice approve \(plan)")
    let approved = try await user.type(["approve", plan, "--reason", "rehearsal"])
    guard approved.code == 0 else {
      throw PortError(.failed, "sluice approve: \(approved.words)")
    }
  }

  /// Until clients are on the new build, then back.
  private func moveAndRollBack(_ plan: String, from first: Int) async throws -> LedgerStory {
    let onRamp = try await whileTyping(["promote", plan], from: first) { story in
      guard case .ramping? = story.promotion?.phase else { return story.isEnded }
      return (story.promotion?.watch?.assessment.canary.sessions ?? 0) > 0
    }
    guard case .ramping? = onRamp.promotion?.phase else { return onRamp }
    narrator.say("clients are on the new build; a person turns round")
    let told = try await lineCount()
    return try await whileTyping(
      ["rollback", "--reason", "rehearsal"], from: first, told: told
    ) { $0.isEnded }
  }

  /// Starts the old build on a copy of the state that the new build migrated: the effect of a
  /// rollback without Sluice's copy of the state.
  ///
  /// - Returns: the old build's exit code.
  private func refuseNewerState(_ state: String, of host: HostSpec) async throws -> Int32 {
    let copy = "\(fleet.layout.directory)/newer-state"
    try Disk.translating { () throws(SystemError) in try Files.copyTree(state, to: copy) }
    var environment = host.openclaw.environment
    environment["OPENCLAW_STATE_DIR"] = copy
    let command = ProcessCommand(
      host.openclaw.cli, ["gateway", "run"], environment: environment,
      deadline: .milliseconds(fleet.timing.startMilliseconds))
    let outcome = try await Processes.run(command)
    guard case .exited(let code) = outcome.termination, !outcome.timedOut else {
      throw PortError(.failed, "the old build did not end on the newer state")
    }
    let words = outcome.errorText + outcome.outputText
    guard code == 0 || words.contains("newer schema") else {
      throw PortError(
        .failed, "the old build ended with \(code), not because of the schema: \(words.suffix(300))"
      )
    }
    narrator.say("\(host.name)'s old build on the newer state: exit \(code)")
    return code
  }
}
