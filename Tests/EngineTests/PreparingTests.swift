import SluiceCore
import SluiceJSON
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@Suite("Every gateway has the slice before the first share rises")
struct PreparingTests {
  @Test("the stable gateways are prepared before the canary is touched, and link nothing")
  func order() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    let moment = world.env { LimitJudge() }.time.now()
    var (promotion, orders) = Promotion.begin(PromotionID(rawValue: "p1"), plan: plan, at: moment)
    orders = promotion.handle(.finished(orders[0].id, .inspected(blockers: [])), at: moment)
    #expect(orders.map(\.command) == Examples.stables.map(Command.prepare))
    let report = PlaceReport(
      version: "1.4.2", tree: plan.to.lock.skills.tree, wasPlaced: true, tenants: [], links: false)
    #expect(promotion.handle(.finished(orders[0].id, .placed(report)), at: moment).isEmpty)
    let next = promotion.handle(.finished(orders[1].id, .placed(report)), at: moment)
    #expect(next.map(\.command) == [.place(Examples.canary)])
    for host in Examples.stables {
      #expect(promotion.hosts[host]?.isPrepared == true && promotion.hosts[host]?.isPlaced == false)
    }
  }

  @Test("a run places every slice once, and no stable link moves before its turn")
  func run() async throws {
    let world = Examples.world()
    let promotion = try await Examples.promote(world, to: "1.4.2")
    #expect(promotion.phase == .concluded(.completed))
    for host in world.hosts.values { #expect(await host.placements == 1) }
    let kinds = await world.ledger.entries.map(\.kind)
    let first = try #require(kinds.firstIndex(of: .intended(.apply)))
    #expect(kinds[..<first].count { $0 == .done(.prepare) } == 2)
    #expect(kinds.count { $0 == .done(.prepare) } == 2)
    #expect(kinds.count { $0 == .done(.place) } == 3)
  }

  @Test("hosts that cannot take it are all named, and nothing is moved", arguments: [1, 2])
  func refused(count: Int) async throws {
    let world = Examples.world()
    let bad = Examples.stables.prefix(count)
    for host in bad { await world.hosts[host]?.lie(about: "1.4.2") }
    let promotion = try await Examples.promote(world, to: "1.4.2")
    guard case .concluded(.refused(let reasons)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(reasons.count == count)
    for host in bad { #expect(reasons.contains { $0.contains("\(host)") }) }
    #expect(await world.balancer.history.isEmpty)
    for host in world.hosts.values {
      #expect(await host.currentLinks == Links(current: "1.4.1", next: "1.4.1"))
      #expect(await host.restarts.isEmpty)
    }
    // The host is mended, and the same release goes up.
    for host in bad { await world.hosts[host]?.tellTheTruth() }
    let again = try await Examples.promote(world, to: "1.4.2", id: "p2")
    #expect(again.phase == .concluded(.completed))
  }

  @Test("an older agent links at once, so a rollback brings its link back")
  func olderAgent() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    let moment = world.env { LimitJudge() }.time.now()
    var (promotion, orders) = Promotion.begin(PromotionID(rawValue: "p1"), plan: plan, at: moment)
    orders = promotion.handle(.finished(orders[0].id, .inspected(blockers: [])), at: moment)
    let report = PlaceReport(
      version: "1.4.2", tree: plan.to.lock.skills.tree, wasPlaced: true, tenants: [])
    _ = promotion.handle(.finished(orders[0].id, .placed(report)), at: moment)
    let failure = CommandFailure(message: "mac-c has no room", remedy: nil, isUnknown: false)
    let next = promotion.handle(.finished(orders[1].id, .failed(failure)), at: moment)
    #expect(promotion.phase == .rollingBack(.draining))
    #expect(promotion.rollbackCause == .order(.prepare, sentence: "mac-c has no room"))
    #expect(next.count == 1)
  }

  @Test("a person who gives it up while hosts are prepared gets the rollback")
  func abort() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    let moment = world.env { LimitJudge() }.time.now()
    var (promotion, orders) = Promotion.begin(PromotionID(rawValue: "p1"), plan: plan, at: moment)
    orders = promotion.handle(.finished(orders[0].id, .inspected(blockers: [])), at: moment)
    for order in orders { _ = promotion.handle(.intended(order), at: moment) }
    _ = promotion.handle(.asked(Request(action: .abort, actor: "ana", reason: "")), at: moment)
    #expect(promotion.phase == .rollingBack(.draining))
    // The engine waits for a motion that may be under way.
    #expect(promotion.outstanding.count { $0.command.host != nil } == 2)
  }

  @Test("messages of before the questions are read, and older readers pass them over")
  func olderMessages() throws {
    let survey = try CanonicalJSON.decode(
      HostQuestion.self, from: try JSONValue.parse(Array("{\"survey\":{}}".utf8)))
    #expect(survey == .survey())
    #expect(try CanonicalJSON.bytes(HostQuestion.survey()) == Array("{\"survey\":{}}".utf8))
    let release = ExampleFleet.release("1.4.2")
    let old = try CanonicalJSON.encode(HostOperation.place(release))
    #expect(old["place"]?["links"] == nil)
    #expect(try CanonicalJSON.decode(HostOperation.self, from: old) == .place(release))
    let new = try CanonicalJSON.encode(HostOperation.place(release, links: false))
    // A reader that knows no `links` takes `_0`, and writes the release alone.
    #expect(new["place"]?["_0"] == old["place"])
    #expect(
      try CanonicalJSON.decode(HostOperation.self, from: new) == .place(release, links: false))
  }
}
