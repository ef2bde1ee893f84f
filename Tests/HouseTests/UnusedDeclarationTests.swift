import Testing

/// A declaration that nothing uses is a promise to the reader that nothing keeps.
@Suite("Declarations")
struct UnusedDeclarationTests {
  /// Called by the standard library or the runtime, which no source names.
  static let calledFromOutside: Set = [
    "Main", "customMirror", "nestedContainer", "nestedUnkeyedContainer", "superDecoder",
    "userInfo",
  ]
  /// Cases that only a foreign document names, by their raw value.
  static let readByRawValue: Set = ["backPressure"]
  /// One half of RFC 6455 that OpenClaw does not use. The tests of frames do, against another library.
  static let halfOfAProtocol: Set = ["onBinary"]

  struct Declaration: Hashable {
    let name: String
    let place: String
  }

  private static let pattern =
    #"^\s*(?:@\w+(?:\([^)]*\))?\s+)*"#
    + #"(?:(?:public|private|fileprivate|package|static|final|mutating|nonisolated|override|lazy|"#
    + #"indirect|convenience)(?:\((?:set|unsafe)\))?\s+)*"#
    + #"(?:func|var|let|struct|enum|class|actor|protocol|typealias|case)\s+`?([A-Za-z_]\w*)(.*)$"#

  /// Names of declarations whose word occurs nowhere but where it is declared.
  static func unused(in sources: [HouseTests.Source], usedBy others: [HouseTests.Source])
    throws -> [Declaration]
  {
    let declaration = try Regex(pattern)
    let word = try Regex("[A-Za-z_][A-Za-z0-9_]*")
    var uses: [Substring: Int] = [:]
    var declared: [Substring: [String]] = [:]
    for (source, declares) in sources.map({ ($0, true) }) + others.map({ ($0, false) }) {
      for (index, line) in source.lines.enumerated() {
        let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        for match in code.matches(of: word) { uses[code[match.range], default: 0] += 1 }
        guard declares, let match = code.firstMatch(of: declaration),
          let name = match.output[1].substring, let rest = match.output[2].substring
        else { continue }
        // `case name:` is a pattern of a switch, and `case name(of: Kind)` a declaration.
        let label = rest.prefix { $0 != "(" }
        let isConstantOfC = name == name.uppercased()
        if code.contains("case "), label.contains(":") || isConstantOfC { continue }
        declared[name, default: []].append("\(source.path):\(index + 1)")
      }
    }
    return declared.filter { uses[$0.key, default: 0] <= $0.value.count }
      .map { Declaration(name: String($0.key), place: $0.value[0]) }
  }

  @Test("nothing of the product is declared that nothing of the product uses")
  func product() throws {
    let allowed = Self.calledFromOutside.union(Self.readByRawValue).union(Self.halfOfAProtocol)
    let found = try Self.unused(
      in: HouseTests.all.filter { $0.floor != "Tryout" },
      usedBy: HouseTests.all.filter { $0.floor == "Tryout" })
    #expect(found.filter { !allowed.contains($0.name) } == [])
    // An entry of the list that is used by now has to go.
    #expect(allowed.subtracting(found.map(\.name)) == [])
  }

  @Test("nothing of what tries the product out is declared that neither it nor a test uses")
  func tryout() throws {
    let found = try Self.unused(
      in: HouseTests.all.filter { $0.floor == "Tryout" },
      usedBy: HouseTests.all.filter { $0.floor != "Tryout" }
        + HouseTests.sources(under: "Tests", floorless: true))
    let names = found.map(\.name).filter { !Self.calledFromOutside.contains($0) }
    #expect(names == [])
  }

  @Test("a declaration that nothing uses is found, and a pattern of a switch is none")
  func example() throws {
    let source = HouseTests.Source(
      floor: "Pure", target: "T", path: "T.swift",
      lines: [
        "public func forgotten() {}", "  func used() { used() }", "  case EINTR: break",
        "  case lost(of: Int)", "// forgotten",
      ])
    let found = try Self.unused(in: [source], usedBy: [])
    #expect(Set(found.map(\.name)) == ["forgotten", "lost"])
    let other = HouseTests.Source(
      floor: "Faces", target: "U", path: "U.swift", lines: ["forgotten(); x = .lost(of: 1)"])
    #expect(try Self.unused(in: [source], usedBy: [other]) == [])
  }
}
