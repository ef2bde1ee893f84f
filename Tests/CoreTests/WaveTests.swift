import SluiceCore
import SluiceSystem
import Testing

@testable import SluiceSimulator

@Suite("Waves")
struct WaveTests {
  private func fleet(
    _ zones: [String?], floor: Int = 1, zoneFloor: Int? = nil, atOnce: Int? = nil
  ) -> Fleet {
    var fleet = ExampleFleet.fleet()
    fleet.hosts = [ExampleFleet.host(ExampleFleet.canary, .canary)]
    for (index, zone) in zones.enumerated() {
      var host = ExampleFleet.host(HostName("s-\(index)"), .stable)
      host.zone = zone
      fleet.hosts.append(host)
    }
    fleet.capacityFloor = floor
    fleet.zoneFloor = zoneFloor
    fleet.mirrorAtOnce = atOnce
    return fleet
  }

  private func none(_ count: Int) -> [String?] { Array(repeating: nil, count: count) }

  @Test("a small fleet is mirrored one by one, a large one by quarters")
  func usual() {
    for count in 2...7 {
      #expect(fleet(none(count)).mirrorWaves.map(\.count) == Array(repeating: 1, count: count))
    }
    #expect(fleet(none(29)).mirrorWaves.map(\.count) == [7, 7, 7, 7, 1])
  }

  @Test("the floor bounds a wave, and so does the fleet's limit")
  func bounds() {
    #expect(fleet(none(29), floor: 26).mirrorWaves.first?.count == 3)
    #expect(fleet(none(29), atOnce: 2).mirrorWaves.first?.count == 2)
    #expect(fleet(none(4), atOnce: 3).mirrorWaves.map(\.count) == [3, 1])
    #expect(fleet(none(4), floor: 2, atOnce: 3).mirrorWaves.map(\.count) == [2, 2])
  }

  @Test("a wave leaves each zone its floor, and takes from the next zone instead")
  func zones() {
    let waves = fleet(["a", "a", "a", "b", "b"], zoneFloor: 1, atOnce: 4).mirrorWaves
    #expect(waves == [["s-0", "s-1", "s-3"], ["s-2", "s-4"]].map { $0.map { HostName($0) } })
  }

  @Test("in every fleet each gateway is in one wave, and no wave breaks a floor that can be kept")
  func property() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<500 {
      let count = 2 + random.index(below: 30)
      let names = ["a", "b", "c"]
      let fleet = fleet(
        (0..<count).map { _ in names[random.index(below: 3)] },
        floor: 1 + random.index(below: count - 1),
        zoneFloor: random.chance(permille: 500) ? 1 + random.index(below: 3) : nil,
        atOnce: random.chance(permille: 500) ? 1 + random.index(below: count) : nil)
      let waves = fleet.mirrorWaves
      #expect(waves.flatMap(\.self).sorted() == fleet.names(of: .stable).sorted())
      for wave in waves {
        #expect(count - wave.count >= fleet.capacityFloor)
        guard let floor = fleet.zoneFloor, wave.count > 1 else { continue }
        for zone in names {
          let all = fleet.stables.filter { $0.zone == zone }.count
          let taken = wave.filter { fleet.host($0)?.zone == zone }.count
          #expect(taken == 0 || all - taken >= floor)
        }
      }
    }
  }

  @Test("a plan is refused where the mirror would empty a zone that has a floor")
  func refused() async throws {
    let world = ExampleFleet.world()
    var plan = try await ExampleFleet.plan(world, to: "1.4.2")
    plan.fleet = fleet(["a", "b", "b"], zoneFloor: 1)
    func blockers() -> [String] {
      PlanCheck.blockers(of: plan, surveys: [:], silent: [:], balancer: nil, balancerFault: nil)
        .filter { $0.contains("zone_floor") }
    }
    #expect(blockers().count == 1 && blockers().first?.contains("zone a") == true)
    plan.fleet.zoneFloor = nil
    #expect(blockers().isEmpty)
  }
}
