import SluiceCore
import SluiceController
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem

extension Rehearsal {
  var user: CommandLineUser { CommandLineUser(fleet: fleet) }

  // MARK: 1. A good release

  func goodRelease() async throws -> ActReport {
    let before = load.snapshot
    let starts = fleet.gatewayStarts()
    let story = try await promote(SkillPack.good.tag)
    let seen = load.snapshot.since(before)
    guard story.ending == .completed else { return unfinished(.goodRelease, story) }
    let extra = fleet.surplusStarts(since: starts, story)
    guard extra.isEmpty else {
      return ActReport(.goodRelease, .failed, .unfinished(extra.joined(separator: ", ")))
    }
    return ActReport(
      .goodRelease, .completed,
      .promoted(steps: story.steps, sessions: seen.sessions, lost: seen.lost, moved: seen.moved),
      swings: SwingTimes(story.swings()))
  }

  // MARK: 2. A bad release

  func badRelease() async throws -> ActReport {
    let story = try await promote(SkillPack.bad.tag)
    guard let caught = story.caught else { return unfinished(.badRelease, story) }
    return ActReport(.badRelease, story.ending, caught, swings: SwingTimes(story.swings()))
  }

  // MARK: 3. A lying release

  func lyingRelease() async throws -> ActReport {
    let pack = SkillPack.lying
    let read = try await user.plan(pack.tag)
    var refusal = read.answer.output + read.answer.messages
    if let plan = read.plan {
      narrator.say("the plan can be run; so it is")
      let answer = try await user.type(["promote", plan])
      refusal += answer.output + answer.messages
    }
    narrator.say("waiting whether any client meets \(pack.version)")
    try await SystemClock.sleep(for: .seconds(2))
    let sessions = load.snapshot.versions[pack.version]?.turns ?? 0
    let isNamed = refusal.contains("greeter/SKILL.md") || refusal.contains("but the lock says")
    guard isNamed else {
      return ActReport(
        .lyingRelease, .failed,
        .unfinished(
          "nobody said that its tree is wrong: "
            + read.answer.words))
    }
    return ActReport(
      .lyingRelease, .refused,
      .refused(reason: "its tree is not what the lock says", sessions: sessions))
  }

  // MARK: 4. A dead controller

  func deadController() async throws -> ActReport {
    let starts = fleet.gatewayStarts()
    let first = try await lineCount()
    let plan = try await readPlan(SkillPack.next.tag)
    let (step, killedAt) = try await killInTheMiddle(plan, from: first)
    narrator.say("the controller is dead; the share stays, nobody moves anything")
    let told = try await lineCount()
    let story = try await whileTyping(["resume"], from: first, told: told) { $0.isEnded }
    guard story.ending == .completed else { return unfinished(.deadController, story) }
    let resumed = story.entries.last { $0.kind == .leased }
    return ActReport(
      .deadController, .completed,
      .resumed(
        step: step, after: max(0, (resumed?.monotonicMilliseconds ?? killedAt) - killedAt),
        twice: story.twice + fleet.surplusStarts(since: starts, story)),
      swings: SwingTimes(story.swings()))
  }

  /// Kills the controller while the second step holds; answers the step as people count it.
  private func killInTheMiddle(_ plan: String, from first: Int) async throws -> (Int, Int64) {
    let story = try await whileTyping(["promote", plan], from: first) { story in
      story.isEnded || (story.promotion?.phase == .ramping(1) && story.promotion?.watch != nil)
    }
    guard case .ramping(let index)? = story.promotion?.phase else {
      throw PortError(.failed, "it never held the second step: \(story.reason)")
    }
    guard let controller = fleet.processes.controller else {
      throw PortError(.failed, "the lease does not say which process holds it")
    }
    let now = SystemClock.monotonicMilliseconds()
    try await fleet.kill(controller)
    narrator.say("SIGKILL to the controller, process \(controller.pid), at step \(index + 1)")
    return (index + 1, now)
  }

  // MARK: Parts

  private func promote(_ tag: String) async throws -> LedgerStory {
    let first = try await lineCount()
    let plan = try await readPlan(tag)
    return try await whileTyping(["promote", plan], from: first) { $0.isEnded }
  }

  func readPlan(_ tag: String) async throws -> String {
    var read = try await user.plan(tag)
    // An agent that reads its builds for the first time is silent meanwhile; an operator asks again.
    let end = SystemClock.monotonicMilliseconds() + fleet.timing.readyMilliseconds
    while fleet.programs.next != nil, read.answer.isOfSilence,
      SystemClock.monotonicMilliseconds() < end
    {
      narrator.say("sluice plan \(tag): \(read.answer.words)")
      try await SystemClock.sleep(for: .seconds(10))
      read = try await user.plan(tag)
    }
    guard let plan = read.plan else {
      throw PortError(.refused, "the plan of \(tag) cannot be run: \(read.answer.words)")
    }
    narrator.say("sluice plan \(tag): \(plan)")
    return plan
  }

  /// Types a command and follows the ledger until the condition holds. A command that ends before
  /// is no reason to stop looking, unless it failed.
  ///
  /// - Parameters:
  ///   - first: the ledger's lines before the promotion.
  ///   - told: the lines that need not be told again; nil: those before the promotion.
  func whileTyping(
    _ arguments: [String], from first: Int, told: Int? = nil,
    until isOver: @escaping @Sendable (LedgerStory) -> Bool
  ) async throws -> LedgerStory {
    narrator.say("sluice " + arguments.joined(separator: " "))
    return try await withThrowingTaskGroup(of: LedgerStory?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await follow(from: first, told: told ?? first, until: isOver) }
      group.addTask {
        let answer = try await user.type(arguments)
        // Rolled back, verified or not: that is the ledger's to tell.
        if [0, 3, 4].contains(answer.code) { return nil }
        throw PortError(
          .failed,
          "sluice \(arguments[0]) ended with \(answer.code.map(String.init) ?? "a signal"): "
            + answer.words)
      }
      while let result = try await group.next() {
        if let story = result { return story }
      }
      throw PortError(.failed, "the ledger could not be followed")
    }
  }

  private func follow(
    from first: Int, told: Int, until isOver: @Sendable (LedgerStory) -> Bool
  ) async throws -> LedgerStory {
    var ledger = LedgerNarrator()
    // The reader must have the earlier lines, to derive the effect of the new ones.
    for entry in try await LedgerReading.load(fleet.fleet.writer).entries.prefix(told) {
      _ = try ledger.take(entry)
    }
    return try await LedgerWatch(fleet.fleet.writer).follow(from: told) { update in
      for entry in update.new {
        for line in try ledger.take(entry) {
          if line.isPassing { narrator.show(line.sentence) } else { narrator.say(line.sentence) }
        }
      }
      let story = try LedgerStory(update.reading.entries, from: first)
      return isOver(story) ? story : nil
    }
  }

  func lineCount() async throws(PortError) -> Int {
    try await LedgerReading.load(fleet.fleet.writer).entries.count
  }

  func unfinished(_ act: Act, _ story: LedgerStory) -> ActReport {
    ActReport(
      act, story.ending, .unfinished(story.reason), swings: SwingTimes(story.swings()))
  }
}
