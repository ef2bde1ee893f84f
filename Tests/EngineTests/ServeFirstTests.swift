import SluiceCore
import SluiceJudge
import Testing

@testable import SluiceSimulator

@Suite("Serve first")
struct ServeFirstTests {
  /// Faults that strike a whole fleet, and leave its gateways serving.
  static let common: [Fault] = [
    .agentsAreAway(milliseconds: 30_000),
    .doctorFailsEverywhere(isHard: true, milliseconds: 30_000),
    .doctorFailsEverywhere(isHard: false, milliseconds: 30_000),
  ]

  /// A promotion of a good release in which nothing else goes wrong.
  private func stage(_ faults: [ScheduledFault], healsAt: Int64 = 100_000) throws -> Tier1Stage {
    var origin = WorldCase(seed: 7)
    origin.tier = 1
    origin.faults = faults
    origin.healsAt = healsAt
    return Tier1Stage(try WorldSetup(origin)) { LimitJudge() }
  }

  @Test(
    "nobody is turned away for what all gateways have, whenever it comes", arguments: common)
  func commonCause(fault: Fault) throws {
    for second in stride(from: 1, through: 60, by: 2) {
      var stage = try stage([ScheduledFault(at: Int64(second) * 1_000, fault)])
      #expect(stage.run().violations == [], "at \(second) s")
      #expect(stage.world.traffic.unserved == 0, "at \(second) s")
    }
  }

  @Test("a rollback that only Doctor keeps from being verified takes no serving gateway away again")
  func unverified() throws {
    var stage = try stage(
      [
        ScheduledFault(
          at: 15_000, .doctorFailsEverywhere(isHard: true, milliseconds: 300_000))
      ], healsAt: 400_000)
    let report = stage.run()
    #expect(report.violations == [])
    let swings = stage.world.effects.effects.count {
      if case .swung = $0.kind { true } else { false }
    }
    // Every gateway there and back, the canary's practice, and none at each of ten tries.
    #expect(swings <= 8, "\(swings)")
    #expect(stage.world.traffic.unserved == 0)
  }

  @Test(
    "a gateway that fails hard alone is refused within one round of the keeper, and let in again")
  func alone() throws {
    let host = ExampleFleet.stables[1]
    var stage = try stage([
      ScheduledFault(at: 3_200, .doctorFails(host, isHard: true, milliseconds: 5_000))
    ])
    stage.advance(to: 3_900)
    #expect(stage.world.balancer.refused == [])
    stage.advance(to: 4_100)
    #expect(stage.world.balancer.refused == [host])
    stage.advance(to: 9_100)
    #expect(stage.world.balancer.refused == [])
    #expect(stage.run().violations == [])
    #expect(stage.world.traffic.unserved == 0)
  }

  @Test("a gateway whose Doctor gives no answer, alone, is refused to nobody")
  func silentAlone() throws {
    var stage = try stage([
      ScheduledFault(
        at: 3_200, .doctorFails(ExampleFleet.stables[1], isHard: false, milliseconds: 5_000))
    ])
    for time in stride(from: 3_500 as Int64, through: 8_000, by: 500) {
      stage.advance(to: time)
      #expect(stage.world.balancer.refused == [])
    }
  }

  @Test(
    "the last stable gateway that is well keeps those that are not from coming back, and no more")
  func floor() throws {
    let (one, other) = (ExampleFleet.stables[0], ExampleFleet.stables[1])
    var stage = try stage([
      ScheduledFault(at: 3_200, .doctorFails(one, isHard: true, milliseconds: 20_000)),
      ScheduledFault(at: 6_200, .gatewayHangs(other, milliseconds: 5_000)),
    ])
    stage.advance(to: 5_000)
    #expect(stage.world.balancer.refused == [one])
    stage.advance(to: 7_100)
    #expect(stage.world.balancer.refused == [])
    stage.advance(to: 13_000)
    #expect(stage.world.balancer.refused == [one])
  }

  @Test("a word that is too old refuses nobody")
  func old() throws {
    let host = ExampleFleet.stables[0]
    var stage = try stage([
      ScheduledFault(at: 3_200, .doctorFails(host, isHard: true, milliseconds: 1_900)),
      ScheduledFault(at: 5_000, .probeIsStale(host, milliseconds: 30_000)),
    ])
    stage.advance(to: 9_500)
    #expect(stage.world.balancer.refused == [host])
    stage.advance(to: 11_500)
    #expect(stage.world.balancer.refused == [])
  }

  @Test("a balancer that was killed is started by its keeper within a second, with what it held")
  func killed() throws {
    var stage = try stage([ScheduledFault(at: 20_300, .balancerIsKilled(withKeeper: false))])
    stage.advance(to: 20_200)
    let weights = stage.world.balancer.weights
    stage.advance(to: 20_400)
    #expect(!stage.world.balancer.runs)
    stage.advance(to: 21_400)
    #expect(stage.world.balancer.runs && stage.world.balancer.weights == weights)
    #expect(stage.run().violations == [])
    #expect((1...5).contains(stage.world.traffic.unserved))
  }

  @Test("without its keeper it is down until a controller wants something of it")
  func killedWithKeeper() throws {
    var stage = try stage(
      [ScheduledFault(at: 20_300, .balancerIsKilled(withKeeper: true))], healsAt: 3_000_000)
    stage.advance(to: 22_000)
    #expect(!stage.world.balancer.runs)
    let report = stage.run()
    #expect(report.violations == [] && report.virtualMilliseconds < 3_000_000)
    #expect(stage.world.balancer.runs && !stage.world.balancer.troubles.keeperIsDead)
  }

  @Test("who is given back is in service, whatever its probe said in the middle of the swing")
  func givenBack() throws {
    var stage = try stage([])
    #expect(stage.run().violations == [])
    var refusedWhileOut = 0
    for effect in stage.world.effects.effects {
      guard case .givenBack(let host) = effect.kind,
        let server = effect.balancer?.servers.first(where: { $0.host == host })
      else { continue }
      refusedWhileOut += 1
      #expect(server.isInService, "\(host)")
    }
    #expect(refusedWhileOut == 5)
  }
}
