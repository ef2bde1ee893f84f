import SluiceCore
import SluiceEngine
import SluiceJudge
import SluicePorts
import SluiceSimulator
import Testing

@Suite("A host that somebody else gave orders to")
struct EpochPlanTests {
  /// Changes what one host's surveys say, by its last operation.
  private actor Surveyor: HostClient {
    nonisolated let host: HostName
    private let client: any HostClient
    private let change: @Sendable (inout HostSurvey, OperationID?) -> Void
    private var last: OperationID?

    init(
      client: any HostClient, change: @escaping @Sendable (inout HostSurvey, OperationID?) -> Void
    ) {
      host = client.host
      self.client = client
      self.change = change
    }

    func answer(
      _ question: HostQuestion, deadline: Duration
    ) async throws(PortError) -> HostAnswer {
      let answer = try await client.answer(question, deadline: deadline)
      guard case .survey(var survey) = answer else { return answer }
      change(&survey, last)
      return .survey(survey)
    }

    func perform(
      _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
    ) async throws(PortError) -> HostReport {
      last = id
      return try await client.perform(operation, id: id, epoch: epoch, deadline: deadline)
    }
  }

  private func run(
    _ host: HostName, to version: String = "1.4.2", qualities: [String: Quality] = [:],
    _ change: @escaping @Sendable (inout HostSurvey, OperationID?) -> Void
  ) async throws -> (promotion: Promotion, world: SimulatedFleet) {
    let world = Examples.world(qualities: qualities)
    let plan = try await Examples.plan(world, to: version)
    var env = world.env { LimitJudge() }
    env.hosts[host] = Surveyor(client: try #require(env.hosts[host]), change: change)
    let promotion = try await PromotionEngine(env: env).start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    return (promotion, world)
  }

  @Test("an epoch above the ledger's stops preflight: host, both epochs and the way out are named")
  func epoch() async throws {
    let host = Examples.stables[0]
    for number in [Int64(2), 900, 9_007_199_254_740_991] {
      let (promotion, world) = try await run(host) { survey, _ in survey.epoch = Epoch(number) }
      guard case .concluded(.refused(let reasons)) = promotion.phase else {
        Issue.record("it ended \(promotion.phase.title)")
        return
      }
      #expect(reasons.count == 1)
      #expect(reasons[0].hasPrefix("\(host) has seen epoch \(number), the ledger's highest is 1"))
      #expect(reasons[0].contains("sluice agent --host \(host) --reset-epoch"))
      #expect(await world.hosts[host]?.placements == 0)
    }
  }

  @Test("the ledger's own epoch, or a lower one, stops nothing")
  func own() async throws {
    let (promotion, _) = try await run(Examples.stables[0]) { survey, _ in survey.epoch = Epoch(1) }
    #expect(promotion.phase == .concluded(.completed))
  }

  @Test("an operation after the ledger's own that nobody intended stops preflight")
  func operation() async throws {
    let world = Examples.world(
      qualities: ["1.5.0": Quality(errorPermille: 300, latencyMilliseconds: 100)])
    let first = try await Examples.promote(world, to: "1.5.0", id: "p0")
    #expect(first.phase.isTerminal && first.phase != .concluded(.completed))
    let known = try #require(
      await world.ledger.entries.last { $0.kind == .intended(.swing) }?.operation)
    let host = Examples.stables[0]
    for (operations, isForeign) in [
      ([known, "x/1"], true), ([known, "p0/999"], true), (["x/1", known], false), ([], false),
    ] {
      let plan = try await Examples.plan(world, to: "1.4.2")
      var env = world.env { LimitJudge() }
      env.hosts[host] = Surveyor(client: try #require(env.hosts[host])) { survey, _ in
        survey.operations = operations.map(OperationID.init(rawValue:))
      }
      // A person gives it up at once: what is asked is what preflight says.
      let engine = PromotionEngine(env: env)
      if !isForeign { await engine.ask(Request(action: .abort, actor: "ana", reason: "enough")) }
      let promotion = try await engine.start(
        PromotionID(rawValue: "p\(operations)"), plan: plan, actor: "ana", ticket: "")
      let reasons =
        if case .concluded(.refused(let reasons)) = promotion.phase { reasons } else {
          [String]()
        }
      let named = operations.last ?? ""
      #expect(
        reasons.contains { $0.contains("operation \(named), which the ledger") } == isForeign)
    }
  }

  @Test("a rollback ends though somebody gave a host orders, and its verification names them")
  func verification() async throws {
    let host = Examples.canary
    let (promotion, world) = try await run(
      host, to: "1.5.0",
      qualities: ["1.5.0": Quality(errorPermille: 300, latencyMilliseconds: 100)]
    ) { survey, last in
      guard let number = (last?.rawValue.split(separator: "/").last).flatMap({ Int($0) }) else {
        return
      }
      // The swing of the way forward, as any ledger has it, and one of somebody else's.
      survey.operations =
        (1...number).map { OperationID(rawValue: "p1/\($0)") }
        + [OperationID(rawValue: "p1/99999")]
    }
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    let lines = await world.ledger.lines.map { String(decoding: $0.bytes, as: UTF8.self) }
    #expect(
      lines.contains { $0.contains(#""strangers":{"\#(host)""#) && $0.contains("p1/99999") })
  }
}
