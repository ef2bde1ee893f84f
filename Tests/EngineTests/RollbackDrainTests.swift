import SluiceCore
import SluiceJudge
import SluicePorts
import SluiceSimulator
import Synchronization
import Testing

@testable import SluiceEngine

@Suite("Nobody's turn is cut on a rollback while it could end in the drain")
struct RollbackDrainTests {
  /// The outcome of an eviction, when it was over (milliseconds after its intent), and when it cut.
  private struct Told: Equatable {
    var outcome: Outcome
    var after: Int64
    var cutAt: [Int64]
  }

  /// - Parameters:
  ///   - turns: when each open connection ends by itself, milliseconds after the order's intent.
  ///   - waited: how long a predecessor waited; nil: before a boot.
  private func evict(
    drain: Int64, turns: [Int64], waited: Int64? = 0, isDown: Bool = false
  ) async throws -> Told {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    var env = world.env { LimitJudge() }
    let began = Moment(
      wallMilliseconds: 0,
      monotonicMilliseconds: env.time.now().monotonicMilliseconds - (waited ?? 0),
      boot: waited == nil ? "before" : env.time.now().boot)
    let balancer = OpenBalancer(
      balancer: env.balancer, time: env.time, began: began.monotonicMilliseconds, turns: turns,
      isDown: isDown)
    env.balancer = balancer
    let order = Order(
      id: OperationID(rawValue: "p1/9"),
      command: .evict(Examples.canary, afterMilliseconds: drain))
    let outcome = await env.carryOut(order, of: plan, began: began)
    let after = env.time.now().monotonicMilliseconds - began.monotonicMilliseconds
    return Told(outcome: outcome, after: after, cutAt: balancer.cuts)
  }

  @Test("a turn that ends in time is not cut, and nothing waits any longer")
  func endsInTime() async throws {
    let told = try await evict(drain: 5_000, turns: [700, 1_500])
    #expect(told.outcome == .evicted(ended: 2, cut: 0))
    #expect(told.cutAt.isEmpty)
    #expect((1_500...1_800).contains(told.after))
  }

  @Test("what is open at the deadline is cut once, and both are counted")
  func longTurns() async throws {
    let told = try await evict(drain: 5_000, turns: [700, 60_000, 90_000])
    #expect(told.outcome == .evicted(ended: 1, cut: 2))
    #expect(told.cutAt == [5_000])
  }

  @Test("a drain of 0 cuts at once") func noDrain() async throws {
    let told = try await evict(drain: 0, turns: [700])
    #expect(told == Told(outcome: .evicted(ended: 0, cut: 1), after: 0, cutAt: [0]))
  }

  @Test("where nothing is open nobody waits: a dead canary costs no time")
  func nothingIsOpen() async throws {
    let told = try await evict(drain: 5_000, turns: [])
    #expect(told == Told(outcome: .evicted(ended: 0, cut: 0), after: 0, cutAt: []))
  }

  @Test("a successor waits for the rest of the time only") func successor() async throws {
    let told = try await evict(drain: 5_000, turns: [60_000], waited: 4_000)
    #expect(told.cutAt == [5_000])
    let late = try await evict(drain: 5_000, turns: [60_000], waited: 7_000)
    #expect(late.cutAt == [7_000])
  }

  @Test("a successor finds what its predecessor cut, and cuts nothing again")
  func cutAlready() async throws {
    let told = try await evict(drain: 5_000, turns: [5_000, 5_000], waited: 6_000)
    #expect(told == Told(outcome: .evicted(ended: 0, cut: 0), after: 6_000, cutAt: []))
  }

  @Test("across a boot nobody can say how long was waited: the whole time")
  func boot() async throws {
    let told = try await evict(drain: 5_000, turns: [60_000], waited: nil)
    #expect(told.cutAt.count == 1)
    #expect(told.after >= 5_000)
  }

  @Test("a balancer that does not answer is no proof that nothing is open")
  func silentBalancer() async throws {
    let told = try await evict(drain: 5_000, turns: [60_000], isDown: true)
    guard case .failed(let failure) = told.outcome else {
      Issue.record("\(told)")
      return
    }
    #expect(failure.isUnknown)
    #expect(told.after == 5_000)
  }

  @Test(
    "the drain is ordered beside the swing, which closes the gateway; --now waits for nobody",
    arguments: [(Plan.Purpose.promote, 3_000), (.revert, 3_000), (.revertNow, nil)]
      as [(Plan.Purpose, Int64?)])
  func ordered(purpose: Plan.Purpose, drain: Int64?) async throws {
    let world = Examples.world()
    var plan = try await Examples.plan(world, to: "1.4.2")
    plan.purpose = purpose
    plan.fleet.swing.rollbackDrainMilliseconds = 3_000
    let moment = world.env { LimitJudge() }.time.now()
    var (promotion, orders) = Promotion.begin(PromotionID(rawValue: "p1"), plan: plan, at: moment)
    if purpose == .promote {
      // A canary that may run the new release, asked back by a person.
      orders = promotion.handle(
        .finished(orders[0].id, .inspected(blockers: [])), at: moment)
      var placed = PlaceReport(
        version: "1.4.2", tree: plan.to.lock.skills.tree, wasPlaced: false, tenants: [],
        links: false)
      for order in orders {
        orders = promotion.handle(.finished(order.id, .placed(placed)), at: moment)
      }
      placed.links = nil
      orders = promotion.handle(.finished(orders[0].id, .placed(placed)), at: moment)
      orders = promotion.handle(.finished(orders[0].id, applied(orders[0])), at: moment)
      orders = promotion.handle(
        .finished(
          orders[0].id,
          .failed(CommandFailure(message: "lost", remedy: nil, isUnknown: true))), at: moment)
    }
    orders = promotion.handle(.finished(orders[0].id, applied(orders[0])), at: moment)
    let commands = orders.map(\.command)
    #expect(commands.contains(.evict(Examples.canary, afterMilliseconds: drain ?? 0)))
    let swing = commands.compactMap { command -> SwingOrder? in
      guard case .swing(let swing) = command, swing.host == Examples.canary else { return nil }
      return swing
    }.first
    #expect(try #require(swing).drainMilliseconds == drain)
    #expect(swing?.policy(plan.fleet.swing).drainMilliseconds ?? 0 == drain ?? 30_000)
  }

  private func applied(_ order: Order) -> Outcome {
    guard case .apply(let weights) = order.command else {
      return .failed(CommandFailure(message: "no weights", remedy: nil, isUnknown: false))
    }
    return .applied(BalancerState(weights: weights, servers: [], processID: 1, upSeconds: 1))
  }

  /// Connections of the canary that end when their time has come, or are cut.
  private final class OpenBalancer: Balancer {
    private let balancer: any Balancer
    private let time: any Time
    private let began: Int64
    private let turns: [Int64]
    private let isDown: Bool
    private let made = Mutex<[Int64]>([])
    var cuts: [Int64] { made.withLock { $0 } }

    init(
      balancer: any Balancer, time: any Time, began: Int64, turns: [Int64], isDown: Bool
    ) {
      (self.balancer, self.time, self.began) = (balancer, time, began)
      (self.turns, self.isDown) = (turns, isDown)
    }

    private var elapsed: Int64 { time.now().monotonicMilliseconds - began }
    private var open: Int { cuts.isEmpty ? turns.count { $0 > elapsed } : 0 }

    var capabilities: BalancerCapabilities { balancer.capabilities }
    func read() async throws(PortError) -> BalancerState {
      if isDown { throw PortError(.unreachable, "it does not answer") }
      var state = try await balancer.read()
      for index in state.servers.indices where state.servers[index].host == Examples.canary {
        state.servers[index].openSessions = open
      }
      return state
    }
    func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState {
      try await balancer.apply(weights, epoch: epoch)
    }
    func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState {
      try await balancer.takeOut(host, epoch: epoch)
    }
    func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) async throws(PortError)
      -> BalancerState
    {
      try await balancer.giveBack(host, epoch: epoch, deadline: deadline)
    }
    func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int {
      if isDown { throw PortError(.unreachable, "it does not answer") }
      let cut = open
      let now = elapsed
      made.withLock { $0.append(now) }
      return cut
    }
  }
}
