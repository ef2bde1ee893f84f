import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus
import SluiceSystem

/// A good release beside one stranger after the other, each at work as soon as the first step has its
/// share.
struct StrangerDrill: Sendable {
  let fleet: RehearsalFleet
  let say: @Sendable (String) -> Void

  private var user: CommandLineUser { CommandLineUser(fleet: fleet) }
  private var writer: WriterSpec { fleet.fleet.writer }

  func play(_ strangers: [Stranger]) async throws -> [StrangerReport] {
    var reports: [StrangerReport] = []
    for stranger in strangers {
      try Task.checkCancellation()
      let report = try await play(stranger)
      reports.append(report)
      for line in report.lines { say(line) }
      try await user.bringBack()
    }
    return reports
  }

  private enum Part: Sendable {
    case load
    case story(StrangerCount, LedgerStory, [String])
  }

  private func play(_ stranger: Stranger) async throws -> StrangerReport {
    var options = LoadOptions(target: fleet.layout.balancer, token: fleet.token)
    options.sessionsPerSecond = fleet.timing.sessionsPerSecond
    // A conversation that outlives one promotion would meet the drill's rollback.
    options.turns = 2
    let load = Load(options)
    let first = try await LedgerReading.load(writer).entries.count
    let told = try await withThrowingTaskGroup(of: Part.self) { group in
      group.addTask {
        await load.run()
        return .load
      }
      group.addTask {
        defer { load.stop() }
        try await promote()
        let count = await StrangerClient(
          stranger: stranger, target: fleet.layout.balancer
        ).run()
        let status = try await user.type(["balancer", "status"]).output
        try await user.untilEnded(from: first)
        let story = try LedgerStory(try await LedgerReading.load(writer).entries, from: first)
        return .story(count, story, Self.floods(in: status))
      }
      var found: (StrangerCount, LedgerStory, [String])?
      for try await part in group {
        if case .story(let count, let story, let said) = part { found = (count, story, said) }
      }
      guard let found else { throw PortError(.failed, "nothing was played") }
      return found
    }
    let notices = told.1.notices.filter { $0.contains("flood") }
    let seen = load.snapshot
    return StrangerReport(
      stranger: stranger, count: told.0, ending: told.1.ending, reason: told.1.reason,
      steps: told.1.steps,
      voted: told.1.promotion?.steps.reduce(0) { $0 + $1.canarySessions } ?? 0,
      named: notices + told.2, sessions: seen.sessions, lost: seen.lost)
  }

  /// Of what `sluice balancer status` says, the lines on floods.
  private static func floods(in text: String) -> [String] {
    text.split(separator: "\n").filter { $0.contains("flood") }.map(String.init)
  }

  /// Until the canary has its first share.
  private func promote() async throws {
    let (plan, answer) = try await user.plan(SkillPack.good.tag)
    guard let plan else {
      throw PortError(.failed, "the plan cannot be run: \(answer.words)")
    }
    let begun = try await user.type(["promote", plan, "--detach"])
    guard begun.code == 0 else { throw PortError(.failed, "sluice promote: \(begun.words)") }
    let balancer = try FleetServices(fleet.fleet).balancer
    let end = ContinuousClock.now + .seconds(120)
    while try await balancer.read().weights.share == .zero {
      guard ContinuousClock.now < end else {
        throw PortError(.failed, "the promotion did not get to its first step")
      }
      try await SystemClock.sleep(for: .milliseconds(50))
    }
  }

}

extension RehearsalRun {
  /// A good release beside strangers, one after the other.
  ///
  /// - Returns: nil when it was interrupted.
  public func strangers(_ strangers: [Stranger]) async throws -> StrangersSummary? {
    let message = message
    var programs = programs
    programs.isFronted = true
    var timing = RehearsalTiming()
    // Held long enough for a stranger to be at it in every step.
    timing.holdMilliseconds = 8_000
    return try await onFleet(timing, programs) { fleet in
      let drill = StrangerDrill(fleet: fleet) { message("\($0)\n") }
      return StrangersSummary(reports: try await drill.play(strangers))
    }
  }
}
