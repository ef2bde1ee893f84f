import Foundation
import SluiceCore
import SluiceLedger
import Testing

/// Holds `docs/formats.md` to the code: what the code writes is on the page, and what the page names is
/// written by the code.
@Suite("The page of formats")
struct FormatsPageTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// Every source of the product, its path before it.
  static func sources(under folder: String = "Sources") throws -> [String] {
    let base = root.appending(path: folder)
    let walk = try #require(FileManager.default.enumerator(atPath: base.path))
    return try walk.compactMap { entry in
      guard let path = entry as? String, path.hasSuffix(".swift") else { return nil }
      return try String(contentsOf: base.appending(path: path), encoding: .utf8)
    }
  }

  /// The first group of every match, each once.
  static func names(_ pattern: String, in text: String) throws -> Set<String> {
    let regex = try Regex(pattern)
    return Set(text.matches(of: regex).compactMap { $0.output[1].substring.map(String.init) })
  }

  /// The names in backquotes on the page, or below one of its headings.
  static func named(below heading: String? = nil) throws -> Set<String> {
    var page = try text("docs/formats.md")
    if let heading {
      let parts = page.components(separatedBy: "\n## ").filter { $0.hasPrefix("\(heading)\n") }
      page = try #require(parts.first, "docs/formats.md has no heading \(heading)")
    }
    return try names("`([^`\n]+)`", in: page)
  }

  @Test("every kind of ledger line is on the page, and no other")
  func ledgerKinds() throws {
    let page = try Self.named(below: "Ledger line")
    let known = Set(LedgerKind.known.map(\.rawValue))
    #expect(known.count > 40)
    #expect(known.subtracting(page) == [])
    let written = page.filter { name in
      let prefixes = ["promotion.", "intent.", "done.", "failed.", "request.", "journal."]
      return prefixes.contains { name.hasPrefix($0) } && !name.hasSuffix("NAME")
    }
    #expect(written.subtracting(known) == [])
  }

  @Test("every order is on the page")
  func orders() throws {
    let page = try Self.named(below: "Ledger line")
    #expect(Set(Command.Kind.allCases.map(\.rawValue)).subtracting(page) == [])
  }

  /// The names on the wire, as the coding keys of an enumeration have them.
  static func keys(of type: String, in file: String) throws -> Set<String> {
    let source = try text("Sources/Pure/SluiceCore/Node/\(file).swift")
    let body = try #require(source.components(separatedBy: "enum \(type):").dropFirst().first)
    let list = try names(#"CodingKeys: String, CodingKey \{\s*case ([A-Za-z, ]+)"#, in: body)
    let first = try #require(
      body.firstMatch(of: try Regex(#"CodingKeys: String, CodingKey \{\s*case ([A-Za-z, ]+)"#)))
    #expect(!list.isEmpty)
    let cases = String(first.output[1].substring ?? "")
    return Set(cases.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
  }

  @Test("the table of the agent protocol has every query and operation, and no other")
  func protocolNames() throws {
    let page = try Self.text("docs/formats.md")
    let queries = try Self.keys(of: "HostQuestion", in: "HostQuery")
    let operations = try Self.keys(of: "HostOperation", in: "HostOperation")
    let reports = try Self.keys(of: "HostReport", in: "HostOperation")
    #expect(queries.count > 3 && operations.count > 2)
    #expect(try Self.names(#"\n\| `(\w+)` \| query \|"#, in: page) == queries)
    #expect(try Self.names(#"\n\| `(\w+)` \| operation \|"#, in: page) == operations)
    let members = try Self.names(#"\| operation \|[^|]*\| `(\w+)` \|"#, in: page)
    #expect(members == reports)
  }

  @Test("the table of the probe has every check, and no other")
  func probeChecks() throws {
    let code = try Self.sources(under: "Sources/Pure/SluiceCore/Probe").joined(separator: "\n")
    let given = try Self.names(
      #"(?:check: |\b(?:fail|degraded|hardFailure)\(\s*)"([a-z]+)""#, in: code)
    #expect(given.count > 6)
    let page = try Self.text("docs/formats.md")
    let table = try #require(page.components(separatedBy: "\n| check | `fail`").dropFirst().first)
    let rows = try #require(table.components(separatedBy: "\n\n").first)
    #expect(try Self.names(#"\n\| `([a-z]+)` \|"#, in: rows) == given)
  }

  @Test("the page says which checks the fingerprint leaves out")
  func fingerprint() throws {
    let code = try Self.text("Sources/Pure/SluiceCore/Probe/MergedProbe+Merge.swift")
    let list = try #require(
      code.firstMatch(of: try Regex(#"filter \{ !\[([^\]]+)\]\.contains\(\$0\.check\)"#)))
    let left = try Self.names(#""([a-z]+)""#, in: String(list.output[1].substring ?? ""))
    #expect(!left.isEmpty)
    let page = try Self.text("docs/formats.md")
    let sentence = try #require(
      page.firstMatch(of: try Regex(#"The fingerprint leaves out the checks ([^:]+):"#)))
    let told = try Self.names("`([a-z]+)`", in: String(sentence.output[1].substring ?? ""))
    #expect(told == left)
  }

  @Test("every schema of the code is on the page, and every schema of the page is in the code")
  func schemas() throws {
    let pattern = #"(sluice\.[a-z-]+(?:\.[a-z-]+)?/[0-9]+)"#
    let code = try Self.names("\"" + pattern, in: try Self.sources().joined(separator: "\n"))
    #expect(code.count > 20)
    #expect(try Self.names(pattern, in: try Self.text("docs/formats.md")) == code)
  }

  @Test("every key of a document of --json is on the page")
  func jsonKeys() throws {
    let page = try Self.named()
    var documents = 0
    for source in try Self.sources() {
      for literal in source.matches(of: try Regex(#"(?s)\[\s*"schema": "sluice\..*?\n\s*\]"#)) {
        documents += 1
        let keys = try Self.names(#""([a-z_]+)": "#, in: String(literal.output[0].substring ?? ""))
        #expect(keys.subtracting(page).subtracting(["schema"]) == [])
      }
    }
    #expect(documents > 8)
  }
}
