import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite("A promotion in a world that breaks")
struct InvariantTests {
  /// `SLUICE_SEEDS=4711-4711` runs one seed, `SLUICE_SEEDS=1-10000` many.
  static var seeds: ClosedRange<UInt64> {
    let text = ProcessInfo.processInfo.environment["SLUICE_SEEDS"] ?? ""
    let bounds = text.split(separator: "-").compactMap { UInt64($0) }
    return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]...bounds[1] : 1...40
  }

  @Test("keeps every invariant, whatever fails, and ends once nothing fails any more")
  func randomFaults() async throws {
    var ends: [String: Int] = [:]
    var (faults, appends, controllers) = (0, 0, 0)
    for seed in Self.seeds {
      let report = try await FaultyRun(seed: seed).run()
      ends[report.end, default: 0] += 1
      faults += report.faults
      appends += report.appends
      controllers += report.controllers
      let schedule = FaultSchedule(seed: seed, hosts: ExampleFleet.fleet().hosts.map(\.name))
      for violation in report.violations.prefix(3) {
        Issue.record(
          """
          \(violation)
          SLUICE_SEEDS=\(seed)-\(seed) swift test --filter InvariantTests   # \
          \(schedule.description)
          """)
      }
    }
    print(
      "\(Self.seeds.count) worlds, \(faults) faults, \(controllers) controllers, "
        + "\(appends) appends, ends: \(ends)")
  }
}
