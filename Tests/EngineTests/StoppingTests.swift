import SluiceCore
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluicePorts
import Testing

@testable import SluiceSimulator

@Suite("Stop is obeyed")
struct StoppingTests {
  private func run(
    _ faults: [(Int64, Fault)], _ tier: Simulation.Tier, seed: UInt64 = 3, isBad: Bool = false
  ) async throws -> WorldReport {
    var origin = WorldCase(seed: seed)
    origin.isBad = isBad
    origin.faults = faults.map { ScheduledFault(at: $0.0, $0.1) }
    origin.healsAt = (faults.last?.0 ?? 0) + 200_000
    let simulation = Simulation(worlds: 1, tier: tier, preset: .all) { LimitJudge() }
    return await simulation.run(try simulation.setup(origin))
  }

  @Test(
    "a controller whose ledger is changed under it goes back, in whatever phase it is",
    arguments: [Simulation.Tier.values, .engine], [Int64(2_000), 9_000, 20_000, 33_000, 45_000])
  func changed(tier: Simulation.Tier, at time: Int64) async throws {
    for fault in [Fault.ledgerIsAltered(permille: 100), .ledgerIsReplaced(permille: 500)] {
      let report = try await run([(time, fault)], tier)
      #expect(report.violations.map(\.description) == [])
      #expect(report.end == .rolledBack || report.end == .aborted, "\(report.end)")
    }
  }

  @Test("the same while it goes back already, and when it is changed again and again")
  func again() async throws {
    let changes = (0..<8).map { (Int64(20_000 + 400 * $0), Fault.ledgerIsAltered(permille: 300)) }
    for tier in [Simulation.Tier.values, .engine] {
      let report = try await run(changes + [(24_000, .asked(.pause))], tier, isBad: true)
      #expect(report.violations.map(\.description) == [])
      #expect(report.end == .rolledBack)
    }
  }

  @Test("a rollback with a dead balancer writes few lines, and comes to its end when it is back")
  func deadBalancer() async throws {
    for tier in [Simulation.Tier.values, .engine] {
      let quick = try await run([(20_000, .asked(.rollBack))], tier)
      let report = try await run(
        [(20_000, .balancerDies(milliseconds: 120_000)), (20_001, .asked(.rollBack))], tier)
      #expect(report.violations.map(\.description) == [])
      #expect(report.end == .rolledBack)
      #expect(report.lines - quick.lines <= 8, "\(report.lines) lines, \(quick.lines) without it")
    }
  }

  @Test("a request that comes after its moment is refused, and nothing comes of it")
  func late() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    let engine = Examples.engine(world)
    let run = Task {
      try await engine.start(PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    }
    let past = Moment(wallMilliseconds: 0, monotonicMilliseconds: -1, boot: "boot-1")
    do throws(PortError) {
      _ = try await engine.deliver(
        Request(action: .rollBack, actor: "bo", reason: ""), until: past)
      Issue.record("it was taken")
    } catch { #expect(error.kind == .refused) }
    guard case .concluded(.completed) = try await run.value.phase else {
      Issue.record("it did not complete")
      return
    }
    #expect(await !world.ledger.entries.contains { $0.kind == .requested(.rollBack) })
    do throws(PortError) {
      _ = try await engine.deliver(Request(action: .pause, actor: "bo", reason: ""))
      Issue.record("somebody heard it")
    } catch { #expect(error.message.contains("ended")) }
  }
}
