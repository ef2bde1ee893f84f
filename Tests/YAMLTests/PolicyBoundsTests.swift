import SluiceCore
import SluiceFleetFile
import SluiceYAML
import Testing

@Suite("Bounds of what sluice.yaml says of judge, probe and swing")
struct PolicyBoundsTests {
  private static let example = FleetFileTests.example

  /// The fleet of the example with one line of a section in place of what stands there.
  private func read(_ section: String, _ line: String, dropping key: String? = nil) throws -> Fleet
  {
    let lines = Self.example.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    let start = try #require(lines.firstIndex { $0.hasPrefix("\(section):") })
    let own = line.prefix { $0 != ":" }
    var changed: [String] = []
    var isInside = false
    for (index, text) in lines.enumerated() {
      if index > start, !text.hasPrefix(" ") { isInside = false }
      let trimmed = text.drop { $0 == " " }
      let isReplaced =
        trimmed.hasPrefix("\(own):") || key.map { trimmed.hasPrefix("\($0):") } == true
      if !isInside || !isReplaced { changed.append(text) }
      if index == start {
        isInside = true
        changed.append("  \(line)")
      }
    }
    return try FleetFile.read(
      Array(changed.joined(separator: "\n").utf8), file: "sluice.yaml")
  }

  @Test("the least and the greatest are taken, and nothing beyond")
  func bounds() throws {
    for (section, key, least, tooLittle, greatest, tooMuch) in [
      ("judge", "minimum_sessions", "1", "0", "1000000", "1000001"),
      ("judge", "error_margin", "0%", "-1%", "50%", "50.01%"),
      ("judge", "p95_limit", "100%", "99.99%", "1000%", "1000.01%"),
      ("judge", "interval", "100ms", "99ms", "1h", "3601s"),
      ("judge", "progress", "1s", "999ms", "24h", "86401s"),
      ("judge", "unfinished", "1s", "999ms", "24h", "86401s"),
      ("probe", "interval", "100ms", "99ms", "15m", "61m"),
      ("probe", "doctor", "100ms", "99ms", "24h", "86401s"),
      ("probe", "maximum_age", "5m", "299999ms", "24h", "86401s"),
      ("probe", "queue_limit", "0", "-1", "1000000", "1000001"),
      ("swing", "drain", "0s", "-1s", "1h", "3601s"),
      ("retention", "age", "1d", "23h", "3650d", "3651d"),
      ("retention", "promotions", "1", "0", "10000", "10001"),
      ("retention", "slices", "2", "1", "1000", "1001"),
      ("retention", "builds", "2", "1", "1000", "1001"),
      ("retention", "states", "1", "0", "1000", "1001"),
      ("retention", "operations", "40", "39", "400", "401"),
      ("swing", "rollback_drain", "0s", "-1s", "10m", "601s"),
      ("swing", "dead_man", "10m", "599s", "24h", "86401s"),
      ("swing", "start", "1s", "999ms", "1h", "3601s"),
    ] {
      // Its least value follows from the other two.
      for taken in [least, greatest] {
        #expect(throws: Never.self, "\(key): \(taken)") {
          try read(section, "\(key): \(taken)", dropping: "dead_man")
        }
      }
      for refused in [tooLittle, tooMuch] {
        #expect(throws: YAMLError.self, "\(key): \(refused)") {
          _ = try read(section, "\(key): \(refused)", dropping: "dead_man")
        }
      }
    }
  }

  @Test("the dead man waits longer than a living writer may be silent")
  func deadMan() throws {
    #expect(try read("swing", "drain: 7m").swing.deadManMilliseconds == 900_000)
    #expect(throws: YAMLError.self) { _ = try read("swing", "drain: 8m") }
    #expect(throws: YAMLError.self) { _ = try read("swing", "start: 4m") }
  }

  @Test("an answer may be as young as the quickest probe")
  func youngest() throws {
    let fleet = try read("probe", "interval: 100ms\n  maximum_age: 100ms", dropping: "maximum_age")
    #expect(fleet.probe.maximumAgeMilliseconds == 100)
    #expect(throws: YAMLError.self) {
      try read("probe", "interval: 100ms\n  maximum_age: 99ms", dropping: "maximum_age")
    }
  }

  @Test("without a maximum age an answer is old after three intervals")
  func threeIntervals() throws {
    let fleet = try read("probe", "interval: 100ms", dropping: "maximum_age")
    #expect(fleet.probe.maximumAgeMilliseconds == 300)
  }
}
