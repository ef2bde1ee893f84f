import SluiceSimulator
import Testing

@testable import SluiceCore

@Suite("What a step still wants")
struct EvidenceWantedTests {
  private let now = Moment(wallMilliseconds: 0, monotonicMilliseconds: 30_000, boot: "boot-1")

  /// A step of 5 % that began 20 s ago and wants 10 sessions more.
  private func ramping(_ edit: (inout Promotion, inout Assessment) -> Void = { _, _ in })
    async throws -> Promotion
  {
    let plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    let began = Moment(wallMilliseconds: 0, monotonicMilliseconds: 10_000, boot: "boot-1")
    var (promotion, _) = Promotion.begin(PromotionID(rawValue: "p1"), plan: plan, at: began)
    promotion.phase = .ramping(0)
    var assessment = Story.assessment(
      "insufficient", sessions: 20, of: promotion.weights.generation)
    edit(&promotion, &assessment)
    promotion.watch = Watch(assessment: assessment, hosts: [:], balancer: nil)
    return promotion
  }

  @Test("what it has, what it wants, how fast more comes, and so how long")
  func figures() async throws {
    let wanted = try #require(EvidenceWanted(try await ramping(), at: now))
    #expect(wanted.have == 20 && wanted.wanted == 10 && wanted.heldMilliseconds == 20_000)
    #expect(wanted.rate == 10, "tenths of a session a second")
    #expect(wanted.leftMilliseconds == 10_000)
    let none = try #require(
      EvidenceWanted(try await ramping { $1.canary.errors = 20 }, at: now))
    #expect(none.have == 0 && none.rate == 0 && none.leftMilliseconds == nil)
  }

  @Test("across a reboot a step counts as begun just now")
  func reboot() async throws {
    let other = Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "boot-2")
    let wanted = try #require(EvidenceWanted(try await ramping(), at: other))
    #expect(wanted.heldMilliseconds == 1)
  }

  @Test("an outage waits for no sessions; what is said not to be one does")
  func outage() async throws {
    for (isOutage, waits) in [(nil, true), (false, true), (true, false)] as [(Bool?, Bool)] {
      let promotion = try await ramping { $1.isOutage = isOutage }
      #expect(
        (EvidenceWanted(promotion, at: now) != nil) == waits, "\(String(describing: isOutage))")
    }
  }

  @Test("nothing waits for sessions outside a step, after a verdict, or by a step before")
  func others() async throws {
    let edits: [(inout Promotion, inout Assessment) -> Void] = [
      { promotion, _ in promotion.phase = .settling }, { $1.generation += 1 },
      { $1.verdict = .pass }, { $1.wanted = 0 },
    ]
    for edit in edits {
      #expect(EvidenceWanted(try await ramping(edit), at: now) == nil)
    }
  }
}
