import SluiceCore
import SluiceSimulator
import Testing

@Suite("Why a promotion is not moving")
struct StandstillTests {
  private let now = Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "boot-1")

  /// With its first order.
  private func begun() async throws -> (Promotion, Order) {
    let plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    let (promotion, orders) = Promotion.begin(PromotionID(rawValue: "p1"), plan: plan, at: now)
    return (promotion, try #require(orders.first))
  }

  private func ask(_ action: Request.Action) -> PromotionEvent {
    .asked(Request(action: action, actor: "bo", reason: "late"))
  }

  @Test("one that a controller works on is moving; without one it stands, whatever its phase")
  func controller() async throws {
    let (promotion, _) = try await begun()
    #expect(promotion.standstill(.atWork, at: now) == .moving)
    #expect(promotion.standstill(.none, at: now) == .noController)
    #expect(promotion.standstill(.silent, at: now) == .controllerSilent)
  }

  @Test("a pause is a person's")
  func paused() async throws {
    var (promotion, _) = try await begun()
    _ = promotion.handle(ask(.pause), at: now)
    #expect(promotion.standstill(.atWork, at: now) == .paused)
    #expect(promotion.standstill(.none, at: now) == .noController)
  }

  @Test("the rollback says its cause, and first of all what keeps it from setting the share")
  func goingBack() async throws {
    var (promotion, preflight) = try await begun()
    _ = promotion.handle(.finished(preflight.id, .inspected(blockers: [])), at: now)
    _ = promotion.handle(ask(.rollBack), at: now)
    let cause = RollbackCause.request(Request(action: .rollBack, actor: "bo", reason: "late"))
    #expect(promotion.standstill(.atWork, at: now) == .goingBack(cause))
    #expect(cause.sentence == "rollback by bo: late")
    let drain = try #require(promotion.outstanding.last)
    let failure = CommandFailure(
      message: "the balancer is deaf", remedy: nil, isUnknown: true)
    _ = promotion.handle(.finished(drain.id, .failed(failure)), at: now)
    guard case .stuck(let stuck) = promotion.standstill(.atWork, at: now) else {
      Issue.record("it is \(promotion.standstill(.atWork, at: now))")
      return
    }
    #expect(stuck.failure.message == "the balancer is deaf")
  }

  @Test("one that has ended needs no controller")
  func ended() async throws {
    var (promotion, preflight) = try await begun()
    let refusal = Outcome.inspected(blockers: ["no room"])
    let orders = promotion.handle(.finished(preflight.id, refusal), at: now)
    let conclusion = try #require(orders.first)
    _ = promotion.handle(.finished(conclusion.id, .concluded), at: now)
    #expect(promotion.standstill(.none, at: now) == .ended(.refused(reasons: ["no room"])))
  }
}
