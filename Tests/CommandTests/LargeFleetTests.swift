import SluiceCore
import SluiceJSON
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@Suite("A fleet of dozens")
struct LargeFleetTests {
  @Test("every line of a promotion of 48 gateways fits into the ledger")
  func lines() async throws {
    var fleet = ExampleFleet.fleet(steps: [500])
    fleet.hosts = [ExampleFleet.host(ExampleFleet.canary, .canary)]
    for number in 1..<48 {
      fleet.hosts.append(ExampleFleet.host(HostName("mac-studio-\(number)-berlin"), .stable))
    }
    let world = ExampleFleet.world(fleet: fleet)
    let plan = try await ExampleFleet.plan(
      world, to: "1.4.2", openclaw: ExampleFleet.newerBuild)
    let promotion = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311",
      approval: try ExampleFleet.approval(of: plan))
    #expect(promotion.phase == .concluded(.completed))
    let sizes = try await world.ledger.entries.map { try CanonicalJSON.bytes($0).count }
    print("figure: the longest of \(sizes.count) lines has \(sizes.max() ?? 0) bytes")
    #expect(sizes.allSatisfy { $0 <= LedgerEntry.maximumBytes })
  }
}
