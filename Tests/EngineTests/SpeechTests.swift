import SluiceCore
import SluiceEngine
import SluiceJudge
import SluicePorts
import SluiceSimulator
import Testing

@Suite("A host that says too much")
struct HostSpeechTests {
  /// The change that a test makes to a host's answers to queries, or to its reports.
  private struct Change: Sendable {
    var ofAnswers: @Sendable (HostAnswer) throws(PortError) -> HostAnswer? = { _ in nil }
    var ofReports: @Sendable (HostReport) throws(PortError) -> HostReport? = { _ in nil }

    static func probe(
      _ change: @escaping @Sendable (inout MergedProbe) throws(PortError) -> Void
    ) -> Change {
      Change(ofAnswers: { (answer) throws(PortError) in
        guard case .probe(var probe) = answer else { return nil }
        try change(&probe)
        return .probe(probe)
      })
    }

    static func survey(_ change: @escaping @Sendable (inout HostSurvey) -> Void) -> Change {
      Change(ofAnswers: { (answer) throws(PortError) in
        guard case .survey(var survey) = answer else { return nil }
        change(&survey)
        return .survey(survey)
      })
    }

    static func swing(_ change: @escaping @Sendable (inout SwingReport) -> Void) -> Change {
      Change(ofReports: { (report) throws(PortError) in
        guard case .swung(var swung) = report else { return nil }
        change(&swung)
        return .swung(swung)
      })
    }
  }

  /// Says what a test makes of one kind of answer, so many times.
  private actor Prattler: HostClient {
    nonisolated let host: HostName
    private let client: any HostClient
    private let change: Change
    private var left: Int

    init(_ client: any HostClient, times: Int, change: Change) {
      self.client = client
      host = client.host
      self.change = change
      left = times
    }

    func answer(
      _ question: HostQuestion, deadline: Duration
    ) async throws(PortError) -> HostAnswer {
      let answer = try await client.answer(question, deadline: deadline)
      guard left > 0, let changed = try change.ofAnswers(answer) else { return answer }
      left -= 1
      return changed
    }

    func perform(
      _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
    ) async throws(PortError) -> HostReport {
      let report = try await client.perform(operation, id: id, epoch: epoch, deadline: deadline)
      guard left > 0, let changed = try change.ofReports(report) else { return report }
      left -= 1
      return changed
    }
  }

  private static let endless = String(repeating: "no end of it ", count: 8_000)

  private func run(
    to version: String = "1.4.2", qualities: [String: Quality] = [:], on host: HostName,
    times: Int = .max, _ change: Change
  ) async throws -> (promotion: Promotion, world: SimulatedFleet) {
    let world = Examples.world(qualities: qualities)
    let plan = try await Examples.plan(world, to: version)
    var env = world.env { LimitJudge() }
    env.hosts[host] = Prattler(
      try #require(env.hosts[host]), times: times, change: change)
    let promotion = try await PromotionEngine(env: env).start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311")
    return (promotion, world)
  }

  @Test("a stable host's probe of 100 kB does not end the controller in a ramp")
  func probe() async throws {
    let change = Change.probe { (probe) throws(PortError) in
      probe.reasons.append(.init(check: "skills", level: .ok, message: Self.endless))
    }
    let (promotion, world) = try await run(on: Examples.stables[0], change)
    #expect(promotion.phase == .concluded(.completed))
    #expect(await world.ledger.lines.allSatisfy { $0.bytes.count < 20_000 })
  }

  @Test("an error of 100 kB instead of a probe holds, goes back, and is named shortly")
  func error() async throws {
    let change = Change.probe { (_) throws(PortError) in
      throw PortError(.failed, Self.endless, remedy: Self.endless)
    }
    let (promotion, world) = try await run(on: Examples.stables[0], change)
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(await world.balancer.state.weights.share == .zero)
    #expect(await Set(Examples.runs(world).values) == ["1.4.1"])
  }

  @Test(
    "an answer to a swing that no line can hold is a failure of that swing: the promotion goes back"
  )
  func swing() async throws {
    let change = Change.swing { $0.notes = [Self.endless] }
    let (promotion, world) = try await run(on: Examples.canary, times: 1, change)
    guard case .concluded(.rolledBack(let cause)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(cause.sentence.contains("cannot be written to the ledger"))
    #expect(await Set(Examples.runs(world).values) == ["1.4.1"])
  }

  @Test("a rollback ends though a host's first answer in it can be written in no line")
  func rollback() async throws {
    let change = Change.swing { swung in
      guard swung.after.marker?.version == "1.4.1" else { return }
      swung.probe.doctor = Dictionary(
        uniqueKeysWithValues: (0..<900).map {
          ("tenant-\($0)", .init(status: .green, findings: 0, accepted: 0, new: [Self.endless]))
        })
    }
    let (promotion, world) = try await run(
      to: "1.5.0", qualities: ["1.5.0": Quality(errorPermille: 300, latencyMilliseconds: 100)],
      on: Examples.canary, times: 2, change)
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(await Set(Examples.runs(world).values) == ["1.4.1"])
    #expect(await world.balancer.outOfService.isEmpty)
  }

  @Test("surveys without end stop a promotion at preflight, by name, and end nothing")
  func survey() async throws {
    let change = Change.survey { survey in
      survey.infra.dirty = [Self.endless]
      survey.probe.status = .fail
      survey.probe.reasons = [.init(check: "doctor", level: .fail, message: Self.endless)]
    }
    let (promotion, _) = try await run(on: Examples.stables[1], change)
    guard case .concluded(.refused(let reasons)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(reasons.allSatisfy { $0.utf8.count <= Speech.bytes })
    #expect(reasons.contains { $0.hasPrefix("\(Examples.stables[1]): ") })
  }

  @Test("a person's reason without end is carried out, and told in fewer words")
  func reason() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    let engine = PromotionEngine(env: world.env { LimitJudge() })
    await engine.ask(Request(action: .rollBack, actor: Self.endless, reason: Self.endless))
    let promotion = try await engine.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: Self.endless)
    #expect(promotion.phase.isTerminal)
    #expect(promotion.phase != .concluded(.completed))
  }

  @Test("every kind of answer, swollen in every way, breaks no invariant", arguments: [1, 2])
  func worlds(_ tier: Int) async throws {
    let plan = try await Examples.plan(Examples.world(), to: "1.4.2")
    let hosts = plan.fleet.gateways.map(\.name.rawValue)
    for (index, host) in hosts.enumerated() {
      for second in stride(from: 1, through: 40, by: 13) {
        let fault =
          #"{"at":\#(second * 1_000),"fault":{"hostSaysTooMuch":{"_0":"\#(host)","answers":25}}}"#
        let back = #"{"at":30000,"fault":{"asked":"rollback"}}"#
        let line =
          #"{"faults":[\#(fault),\#(back)],"healsAt":90000,"isApproved":true,"isBad":false,"#
          + #""killPoints":[],"note":"too much","purpose":"promote","seed":\#(index * 50 + second),"#
          + #""share":0,"tier":\#(tier)}"#
        let origin = try #require(try WorldCase.read(line + "\n").first)
        let simulation = Simulation(
          firstSeed: origin.seed, worlds: 1, tier: Simulation.Tier(rawValue: tier) ?? .engine,
          preset: .all
        ) { LimitJudge() }
        let report = await simulation.run(try simulation.setup(origin))
        #expect(report.violations.map(\.description) == [], "\(line)")
      }
    }
  }
}
