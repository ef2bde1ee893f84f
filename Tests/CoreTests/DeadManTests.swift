import SluiceCore
import SluiceSimulator
import Testing

@Suite("The dead man of a promotion")
struct DeadManTests {
  private func isDisarm(_ order: Order) -> Bool { order.command.kind == .disarm }

  /// Until the promotion takes the dead man back.
  private func storyToDisarm() async throws -> Story {
    var story = Story()
    _ = try await story.tell("begin dead-man")
    for _ in 0..<20 where try !story.current().outstanding.contains(where: isDisarm) {
      _ = try await story.tell("do")
    }
    return story
  }

  @Test("no share rises before the canary's agent has confirmed that it is disarmed")
  func before() async throws {
    var story = try await storyToDisarm()
    let promotion = try story.current()
    #expect(promotion.outstanding.map(\.command) == [.disarm(ExampleFleet.canary)])
    #expect(promotion.phase == .proving(.again) && promotion.weights.share == .zero)
    #expect(promotion.hosts[ExampleFleet.canary]?.isArmed == true)
    // The disarming may have taken long: the fleet is looked at once more.
    _ = try await story.tell("do")
    #expect(try story.current().phase == .proving(.again))
    #expect(try story.current().outstanding.map(\.command.kind) == [.assess])
    let said = try await story.tell("do")
    #expect(try story.current().phase == .ramping(0))
    #expect(said.contains { $0.contains("apply 5 %") }, "\(said)")
    #expect(try story.current().hosts[ExampleFleet.canary]?.isArmed == false)
  }

  @Test("a disarming that nobody confirms becomes a rollback, and the share stays 0")
  func unconfirmed() async throws {
    for word in ["unknown", ""] {
      var story = try await storyToDisarm()
      let id = try #require(try story.current().outstanding.first?.id)
      _ = try await story.tell("fail \(id) \(word)")
      let promotion = try story.current()
      #expect(promotion.phase == .rollingBack(.draining))
      for order in promotion.outstanding {
        if case .apply(let weights) = order.command { #expect(weights.share == .zero) }
      }
    }
  }

  @Test("a successor takes the dead man back again, under the same id")
  func successor() async throws {
    var story = try await storyToDisarm()
    let before = try story.current().outstanding
    _ = try await story.tell("successor")
    #expect(try story.current().outstanding == before)
  }

  @Test("a paused promotion goes on asking an armed canary, and moves nothing")
  func paused() async throws {
    var story = Story()
    _ = try await story.tell("begin dead-man")
    while try story.current().phase != .proving(.again) { _ = try await story.tell("do") }
    _ = try await story.tell("ask pause for lunch")
    for _ in 0..<5 {
      _ = try await story.tell("do")
      #expect(try story.current().outstanding.map(\.command.kind) == [.assess])
    }
    _ = try await story.tell("ask resume on")
    _ = try await story.tell("do")
    #expect(try story.current().outstanding.map(\.command.kind) == [.disarm])
  }

  @Test("without the key nothing is armed and no order is given for it")
  func off() async throws {
    var story = Story()
    _ = try await story.tell("begin")
    for _ in 0..<20 where try story.current().phase != .ramping(0) {
      _ = try await story.tell("do")
      #expect(try !story.current().outstanding.contains(where: isDisarm))
    }
    #expect(try story.current().phase == .ramping(0))
  }

  @Test("only a swing of a canary to the new release is armed, with the way to the last good one")
  func order() async throws {
    let world = ExampleFleet.world()
    var plan = try await ExampleFleet.plan(world, to: "1.4.2", openclaw: ExampleFleet.newerBuild)
    let id = OperationID(rawValue: "p1/6")
    let forward = SwingOrder(host: ExampleFleet.canary, release: plan.to, next: nil, state: .copy)
    #expect(plan.deadMan(of: forward, id) == nil, "the key is absent")
    plan.fleet.swing.deadManMilliseconds = 900_000
    let deadMan = try #require(plan.deadMan(of: forward, id))
    #expect(deadMan.release == plan.snapshot.release && deadMan.state == .putBack(of: id))
    #expect(deadMan.policy.atDrainDeadline == .cut && deadMan.silenceMilliseconds == 900_000)
    let back = SwingOrder(host: ExampleFleet.canary, release: plan.from, next: nil)
    #expect(plan.deadMan(of: back, id) == nil)
    let stable = SwingOrder(host: ExampleFleet.stables[0], release: plan.to, next: nil)
    #expect(plan.deadMan(of: stable, id) == nil)
    plan.purpose = .revert
    #expect(plan.deadMan(of: forward, id) == nil)
  }

  @Test(
    "the id of an agent's own motion names the operation that armed it, and is none of a ledger's")
  func ids() {
    let arming = OperationID(rawValue: "2026-01-01.v1.4.2/6")
    let own = arming.deadMan(attempt: 2)
    #expect(own.armedBy == arming && arming.armedBy == nil)
    #expect(!own.isLater(than: arming) && !arming.isLater(than: own))
  }
}
