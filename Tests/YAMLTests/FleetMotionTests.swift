import SluiceCore
import SluiceYAML
import Testing

@testable import SluiceFleetFile

@Suite("Zones, waves and drills in sluice.yaml")
struct FleetMotionTests {
  private func fleet(replacing old: String = "", with new: String = "") throws -> Fleet {
    let text = FleetFileTests.example.replacing(old, with: new)
    return try FleetFile.read(Array(text.utf8), file: "sluice.yaml")
  }

  private func fault(replacing old: String, with new: String) -> String? {
    do { _ = try fleet(replacing: old, with: new) } catch { return "\(error)" }
    return nil
  }

  @Test("the example's zones, floor, wave and drill are read; without the keys nothing is set")
  func values() throws {
    let fleet = try fleet()
    #expect(fleet.hosts.map(\.zone) == ["az-a", "az-b", "az-b"])
    #expect(fleet.zoneFloor == 1 && fleet.mirrorAtOnce == 1)
    #expect(fleet.drillEveryMilliseconds == 2_592_000_000)
    let plain = try self.fleet(replacing: "drill_every: 30d\n", with: "")
    #expect(plain.drillEveryMilliseconds == nil)
    #expect(try self.fleet(replacing: "\nzone_floor: 1 ", with: "\n#").zoneFloor == nil)
    #expect(try self.fleet(replacing: "\nmirror_at_once: 1", with: "").mirrorAtOnce == nil)
  }

  @Test("a floor needs the zone of every stable gateway, and a wave leaves the capacity floor")
  func faults() {
    let missing = fault(replacing: "  - name: mac-c\n    zone: az-b\n", with: "  - name: mac-c\n")
    #expect(missing?.contains("mac-c has none") == true)
    #expect(fault(replacing: "zone: az-a ", with: "zone: AZ_A ")?.contains("cannot name") == true)
    #expect(fault(replacing: "mirror_at_once: 1", with: "mirror_at_once: 2") != nil)
    #expect(fault(replacing: "drill_every: 30d", with: "drill_every: 10m") != nil)
  }
}
