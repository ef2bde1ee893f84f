import SluiceCore
import SluiceJSON
import SluiceSimulator
import Testing

@Suite("What a balancer can do")
struct BalancerCapabilityTests {
  private func blockers(
    without missing: Set<BalancerCapability>, cohorts: [String: Arm] = [:],
    purpose: Plan.Purpose = .promote
  ) async throws -> [String] {
    var plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    plan.capabilities = BalancerCapabilities.all(but: missing).inPlan
    plan.fleet.balancer.managed?.cohorts = cohorts
    plan.purpose = purpose
    return PlanCheck.blockers(
      of: plan, surveys: [:], silent: [:], balancer: nil, balancerFault: nil
    ).filter { $0.hasPrefix("the balancer") }
  }

  @Test("a promotion needs a log, a generation, and to let go whom the balancer holds")
  func needed() async throws {
    #expect(try await blockers(without: []) == [])
    #expect(try await blockers(without: [.sessionLog]).count == 1)
    #expect(try await blockers(without: [.generation]).count == 1)
    #expect(try await blockers(without: [.unpins]).count == 1)
    #expect(try await blockers(without: [.unpins, .pins]) == [])
    #expect(try await blockers(without: [.oneMotion, .eviction, .cohorts]) == [])
    #expect(try await blockers(without: [.sessionLog, .generation, .unpins]).count == 3)
  }

  @Test("cohorts are in the way only where the fleet has some")
  func cohorts() async throws {
    let named = try await blockers(without: [.cohorts], cohorts: ["acme": .canary])
    #expect(named.count == 1 && named[0].contains("acme"))
    #expect(try await blockers(without: [], cohorts: ["acme": .canary]) == [])
  }

  @Test("what is missing is told with what follows from it", arguments: BalancerCapability.allCases)
  func consequences(missing: BalancerCapability) {
    let can = BalancerCapabilities.all(but: [missing])
    #expect(can.missing == [missing] && !can.present.contains(missing))
    #expect(BalancerCheck.consequences(of: can).count == 1)
    #expect(BalancerCheck.consequences(of: .all) == [])
  }

  @Test("a plan says nothing of a balancer that can do all, and lists what another one can")
  func json() async throws {
    var plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    let whole = String(decoding: try CanonicalJSON.bytes(plan), as: UTF8.self)
    #expect(!whole.contains("capabilities") && plan.can == .all)
    plan.capabilities = BalancerCapabilities.all(but: [.eviction, .generation]).inPlan
    let text = String(decoding: try CanonicalJSON.bytes(plan), as: UTF8.self)
    #expect(
      text.contains(
        #""capabilities":["one_motion","pins","unpins","session_log","cohorts"]"#))
    #expect(try CanonicalJSON.decode(Plan.self, from: Array(text.utf8)) == plan)
  }

  @Test("a refused change of two motions is followed by one that begins with what was read back")
  func refusedDrain() async throws {
    var plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    plan.purpose = .revert
    plan.capabilities = .all(but: [.oneMotion])
    let moment = Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b")
    var (promotion, orders) = Promotion.begin(
      PromotionID(rawValue: "p1"), plan: plan, at: moment)
    func finish(_ outcome: Outcome) throws -> Command? {
      let open = try #require(orders.first)
      orders = promotion.handle(.finished(open.id, outcome), at: moment)
      return orders.first?.command
    }
    let (first, known) = (orders.first?.command, plan.snapshot.weights)
    #expect(
      first == .apply(Weights(share: .zero, pinEpoch: known.pinEpoch, generation: 2)))
    let found = Weights(share: try #require(Share(basisPoints: 500)), pinEpoch: 4, generation: 7)
    let refusal = CommandFailure(
      message: "both at once", remedy: nil, isUnknown: false, weights: found)
    #expect(try finish(.failed(refusal)) == .wait(milliseconds: 1_000))
    let taken = Weights(share: .zero, pinEpoch: 4, generation: 8)
    #expect(try finish(.waited) == .apply(taken))
    let voided = Weights(share: .zero, pinEpoch: 5, generation: 9)
    #expect(try finish(.applied(BalancerState(weights: taken, servers: []))) == .apply(voided))
    _ = try finish(.applied(BalancerState(weights: voided, servers: [])))
    #expect(promotion.phase == .rollingBack(.swinging))
  }

  @Test("weights agree in what the balancer keeps of them")
  func agreement() {
    let wanted = Weights(share: .zero, pinEpoch: 4, generation: 9)
    let found = Weights(share: .zero, pinEpoch: 1, generation: 0)
    #expect(BalancerCapabilities.all.agree(wanted, with: wanted))
    #expect(!BalancerCapabilities.all.agree(found, with: wanted))
    #expect(!BalancerCapabilities.all(but: [.unpins]).agree(found, with: wanted))
    #expect(!BalancerCapabilities.all(but: [.generation]).agree(found, with: wanted))
    #expect(BalancerCapabilities.all(but: [.unpins, .generation]).agree(found, with: wanted))
  }
}
