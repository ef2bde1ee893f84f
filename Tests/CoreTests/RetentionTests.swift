import SluiceCore
import SluiceSimulator
import SluiceSystem
import Testing

@Suite("What gc lets go")
struct RetentionTests {
  private static let day: Int64 = 86_400_000
  private static let now = 1_000 * day

  private func item(
    _ kind: StoredItem.Kind, _ name: String, days: Int64, operation: String? = nil,
    uses: [String] = []
  ) -> StoredItem {
    StoredItem(
      .init(kind, name), bytes: 10, changedAtMilliseconds: Self.now - days * Self.day,
      operation: operation.map(OperationID.init(rawValue:)), uses: uses)
  }

  private func decide(
    _ items: [StoredItem], _ policy: RetentionPolicy = RetentionPolicy(),
    _ needs: RetentionNeeds = RetentionNeeds(last: nil, completed: nil, lastGood: nil)
  ) -> RetentionDecision {
    RetentionDecision(items, policy: policy, needs: needs, now: Self.now)
  }

  private func begun(_ id: String, to version: String) async throws -> Promotion {
    let plan = try await ExampleFleet.plan(ExampleFleet.world(), to: version)
    return Promotion.begin(
      PromotionID(rawValue: id), plan: FrozenPlan(plan),
      at: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b")
    ).promotion
  }

  @Test("an item goes when it is old, not among the newest, and nothing needs it")
  func example() {
    let items = (1...7).map { item(.slice, "1.0.\($0)", days: 100 - Int64($0)) }
    let decision = decide(items)
    #expect(decision.removed.map(\.item.id.name) == ["1.0.1", "1.0.2"])
    #expect(decision.removed.first?.reason == "99 days old, and the newest 5 stay")
    #expect(decision.removedBytes == 20)
    #expect(Set(decision.kept.map(\.reason)) == ["among the newest 5"])
    let damaged = decide([
      item(.damagedSlice, "1.0.1.damaged-a", days: 31),
      item(.damagedSlice, "1.0.1.damaged-b", days: 29),
    ])
    #expect(damaged.removed.map(\.item.id.name) == ["1.0.1.damaged-a"])
    #expect(damaged.kept.map(\.reason) == ["younger than 30 days"])
  }

  @Test("an item of the future, by a wrong clock, is young")
  func future() {
    #expect(decide([item(.damagedSlice, "1.0.0.damaged-a", days: -40)]).removed.isEmpty)
  }

  @Test("what a rollback needs stays: slices and builds of both releases, evidence, plan, copies")
  func needed() async throws {
    let last = try await begun("p-9", to: "1.4.2")
    let needs = RetentionNeeds(last: last, completed: nil, lastGood: nil)
    let plan = try last.plan.digest().hex
    let build = last.plan.from.lock.openclaw.version
    let items = [
      item(.slice, "1.4.1", days: 900), item(.slice, "1.4.2", days: 900),
      item(.slice, "1.3.0", days: 900), item(.build, build, days: 900),
      item(.evidence, "p-9", days: 900), item(.evidence, "p-8", days: 900),
      item(.plan, plan, days: 900), item(.plan, String(repeating: "0", count: 64), days: 900),
      item(.operation, "p-9/3", days: 900, operation: "p-9/3"),
      item(.operation, "p-8/3", days: 900, operation: "p-8/3"),
      item(.stateCopy, "claw.sluice-p-9-3", days: 900, operation: "p-9/3"),
      item(.stateCopy, "claw.sluice-p-8-3", days: 900, operation: "p-8/3"),
    ]
    let none = RetentionPolicy(
      promotions: 0, slices: 0, builds: 0, states: 0, operations: 0)
    let decision = decide(items, none, needs)
    #expect(
      Set(decision.removed.map(\.item.id.name)) == [
        "1.3.0", "p-8", String(repeating: "0", count: 64), "p-8/3", "claw.sluice-p-8-3",
      ])
    #expect(
      decision.kept.allSatisfy { $0.reason == "the promotion under way, p-9, needs it" },
      "\(decision.kept.map(\.reason))")
  }

  @Test("the last good state keeps its slices, its build and the copy of its state")
  func lastGood() async throws {
    var snapshot = try await begun("p-1", to: "1.4.2").plan.snapshot
    let host = try #require(snapshot.hosts.keys.first)
    snapshot.hosts[host]?.stateCopiedBy = OperationID(rawValue: "p-0/7")
    snapshot.hosts[host]?.buildLink = "2026.1.1"
    snapshot.hosts[host]?.links.next = "1.2.0"
    let needs = RetentionNeeds(last: nil, completed: nil, lastGood: snapshot)
    for needed in [
      item(.slice, snapshot.release.lock.skills.version, days: 900),
      item(.slice, "1.2.0", days: 900), item(.build, "2026.1.1", days: 900),
      item(.stateCopy, "claw.sluice-p-0-7", days: 900, operation: "p-0/7"),
    ] {
      #expect(needs.reason(for: needed) == "the last good state needs it")
    }
    #expect(needs.reason(for: item(.slice, "1.0.0", days: 900)) == nil)
  }

  @Test("of any inventory: each item once; nothing used, needed, young or among the newest goes")
  func property() async throws {
    let last = try await begun("p-3", to: "1.4.2")
    let needs = RetentionNeeds(last: last, completed: nil, lastGood: last.plan.snapshot)
    var random = SplitMix64(seed: 17)
    for _ in 0..<400 {
      let policy = RetentionPolicy(
        ageMilliseconds: Int64.random(in: 1...60, using: &random) * Self.day,
        promotions: Int.random(in: 1...5, using: &random),
        slices: Int.random(in: 2...5, using: &random),
        builds: Int.random(in: 2...5, using: &random),
        states: Int.random(in: 1...5, using: &random),
        operations: Int.random(in: 1...5, using: &random))
      let items = Self.inventory(&random)
      let decision = decide(items, policy, needs)
      #expect(Set((decision.removed + decision.kept).map(\.item)) == Set(items))
      #expect(decision.removed.count + decision.kept.count == items.count)
      for choice in decision.removed {
        let item = choice.item
        #expect(item.uses.isEmpty && needs.reason(for: item) == nil)
        // Half a trial goes at any age.
        let isOld = Self.now - item.changedAtMilliseconds >= policy.ageMilliseconds
        #expect(isOld || item.id.kind == .buildTrial)
        let newer = items.count {
          $0.id.kind == item.id.kind && $0.changedAtMilliseconds >= item.changedAtMilliseconds
            && $0 != item
        }
        #expect(newer >= policy.count(of: item.id.kind))
      }
      // A policy that keeps more removes nothing that the narrower policy keeps.
      var wider = policy
      wider.ageMilliseconds *= 2
      wider.slices += 1
      let fewer = Set(decide(items, wider, needs).removed.map(\.item))
      #expect(fewer.isSubset(of: Set(decision.removed.map(\.item))))
      // The order of an inventory means nothing.
      #expect(decide(items.shuffled(using: &random), policy, needs) == decision)
      // The removed items are gone: a second run finds nothing more.
      #expect(decide(decision.kept.map(\.item), policy, needs).removed.isEmpty)
    }
  }

  private static func inventory(_ random: inout SplitMix64) -> [StoredItem] {
    (0..<Int.random(in: 0...40, using: &random)).map { number in
      let kind = StoredItem.Kind.allCases.randomElement(using: &random) ?? .slice
      let promotion = "p-\(Int.random(in: 1...6, using: &random))"
      let name =
        kind == .evidence
        ? "\(promotion)-\(number)"
        : kind == .slice && number < 3
          ? "1.4.\(number)" : "0.1.\(number)"
      return StoredItem(
        .init(kind, name), bytes: Int64.random(in: 0...1_000, using: &random),
        changedAtMilliseconds: now - Int64.random(in: -2...120, using: &random) * day
          - Int64(number),
        operation: Bool.random(using: &random) ? OperationID(rawValue: "\(promotion)/1") : nil,
        uses: Int.random(in: 0...4, using: &random) == 0 ? ["it is used"] : [])
    }
  }
}
