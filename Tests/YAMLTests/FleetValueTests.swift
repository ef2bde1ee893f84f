import SluiceCore
import SluiceFleetFile
import SluiceYAML
import Testing

@Suite("Values of sluice.yaml that depend on others")
struct FleetValueTests {
  /// A fleet of one canary, so many stable gateways and a worker, with more lines of its own.
  private func read(_ stables: Int, _ more: String, dialect: String? = nil) throws -> Fleet {
    let service = "service: {systemd: {unit: u}}"
    let spec = dialect.map { ", dialect: \($0)" } ?? ""
    func host(_ index: Int, _ rest: String) -> String {
      "  - {name: h\(index), \(rest), gateway: \"h\(index):1\", probe: \"h\(index):2\", "
        + "openclaw: {cli: /c, token_file: /t, \(service)\(spec)}}"
    }
    let hosts =
      [host(0, "arm: canary"), host(99, "role: worker, arm: stable")]
      + (0..<stables).map { host($0 + 1, "arm: stable") }
    let text = """
      fleet: small
      balancer: {kind: managed, bind: "127.0.0.1:80"}
      \(more)
      hosts:
      \(hosts.joined(separator: "\n"))
      """
    return try FleetFile.read(Array(text.utf8), file: "sluice.yaml")
  }

  @Test("the floor leaves one stable gateway to be swung; hosts that are no gateways do not count")
  func capacityFloor() throws {
    for stables in 2...5 {
      let most = stables - 1
      #expect(try read(stables, "capacity_floor: \(most)").capacityFloor == most)
      #expect(throws: YAMLError.self) { try read(stables, "capacity_floor: \(stables)") }
      #expect(throws: YAMLError.self) { try read(stables, "capacity_floor: 0") }
    }
    // One stable gateway alone has nobody to take its place: the floor is one all the same.
    #expect(try read(1, "capacity_floor: 1").capacityFloor == 1)
    #expect(throws: YAMLError.self) { try read(1, "capacity_floor: 2") }
  }

  @Test("a dialect is named, or found by asking")
  func dialect() throws {
    for name in DialectName.allCases {
      let fleet = try read(1, "bake: 1m", dialect: "\"\(name.rawValue)\"")
      #expect(fleet.hosts.allSatisfy { $0.openclaw.dialect == name })
    }
    for unnamed in ["auto", nil] {
      let fleet = try read(1, "bake: 1m", dialect: unnamed)
      #expect(fleet.hosts.allSatisfy { $0.openclaw.dialect == nil })
    }
    let error = #expect(throws: YAMLError.self) { try read(1, "bake: 1m", dialect: "2026.8") }
    #expect(error?.message == "\"2026.8\" is no dialect of OpenClaw")
    #expect(error?.remedy == "Write auto or one of: runbook, 2026.4, 2026.7, 2026.9.")
  }

  @Test("a bake lasts from nothing to thirty days")
  func bake() throws {
    #expect(try read(1, "bake: 0s").bakeMilliseconds == 0)
    #expect(try read(1, "bake: 720h").bakeMilliseconds == 30 * 86_400_000)
    #expect(throws: YAMLError.self) { try read(1, "bake: 2592001s") }
  }
}
