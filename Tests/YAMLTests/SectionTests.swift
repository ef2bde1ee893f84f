import SluiceFleetFile
import SluiceYAML
import Testing

@Suite("Every section of sluice.yaml is read whole")
struct SectionTests {
  /// The example with a key that no section knows as the first of one of them: the section, the text.
  private static let misspelled: [(section: String, text: String)] = {
    let lines = FleetFileTests.example.split(separator: "\n", omittingEmptySubsequences: false)
    /// Their keys are names that the operator gives.
    let free = ["environment", "commands", "cohorts"]
    return lines.indices.compactMap { index in
      let line = lines[index]
      let name = line.drop { $0 == " " || $0 == "-" }.prefix { $0.isLowercase || $0 == "_" }
      let rest = line.drop { $0 != ":" }.dropFirst().drop { $0 == " " }
      guard !line.hasPrefix("#"), !name.isEmpty, rest.isEmpty || rest.hasPrefix("#"),
        !free.contains(String(name)),
        let next = lines[(index + 1)...].first(where: { !$0.drop { $0 == " " }.hasPrefix("#") })
      else { return nil }
      let indent = next.prefix { $0 == " " }
      guard !next.dropFirst(indent.count).hasPrefix("-") else { return nil }
      var changed = lines
      changed.insert("\(indent)no_such_key: 1", at: index + 1)
      return (String(name), changed.joined(separator: "\n"))
    }
  }()

  @Test("a key that a section does not know is refused by name, in each section")
  func unknownKeys() {
    let sections = Self.misspelled.map(\.section)
    for section in [
      "writer", "paths", "openclaw", "service", "launchd", "systemd", "process", "balancer", "tls",
      "front", "judge", "signed_tags", "probe", "swing",
    ] { #expect(sections.contains(section), "\(section) is not in the example") }
    for (section, text) in Self.misspelled {
      do {
        _ = try FleetFile.read(Array(text.utf8), file: "sluice.yaml")
        Issue.record("\(section) takes a key that it does not know")
      } catch { #expect(error.message.contains("unknown key \"no_such_key\""), "\(section)") }
    }
  }

  @Test("a key that a host or the file itself does not know is refused by name")
  func outermost() {
    for (old, new) in [
      ("fleet: example ", "no_such_key: 1\nfleet: example "),
      ("  - name: mac-b", "  - no_such_key: 1\n    name: mac-b"),
      ("  - share: 5%", "  - no_such_key: 1\n    share: 5%"),
    ] {
      #expect(
        FleetFileTests().fault(replacing: old, with: new)?.contains("unknown key \"no_such_key\"")
          == true, "\(old)")
    }
  }
}
