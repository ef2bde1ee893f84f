import Foundation
import Testing

/// Differences between systems stand in few files, and docs/architecture.md names each.
@Suite("What differs by system")
struct PlatformTests {
  private static let condition =
    #"^\s*#\s*(if|elseif|ifdef|ifndef)\b.*(\bos\(|canImport\(|targetEnvironment\(|__APPLE__|__linux__|__GLIBC__)"#

  /// Files of the project with a line that only one system compiles.
  private func conditional() throws -> Set<String> {
    let regex = try Regex(Self.condition)
    var found: Set<String> = []
    for folder in ["Sources", "Tests"] {
      let base = HouseTests.root.appending(path: folder)
      let walk = try #require(FileManager.default.enumerator(atPath: base.path))
      while let entry = walk.nextObject() as? String {
        guard ["swift", "c", "h"].contains(where: { entry.hasSuffix(".\($0)") }) else { continue }
        let text = try String(contentsOf: base.appending(path: entry), encoding: .utf8)
        if text.components(separatedBy: "\n").contains(where: { $0.contains(regex) }) {
          found.insert("\(folder)/\(entry)")
        }
      }
    }
    return found
  }

  /// The paths of the table, whose rows begin with one.
  private func documented() throws -> [String] {
    let page = HouseTests.root.appending(path: "docs/architecture.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let row = try Regex(#"^\| `((?:Sources|Tests)/[^`]+)` \|"#)
    return text.components(separatedBy: "\n").compactMap { line in
      line.prefixMatch(of: row)?.output[1].substring.map(String.init)
    }
  }

  @Test("each file with a condition on the system is named in docs/architecture.md, and no other")
  func listed() throws {
    let documented = try documented()
    #expect(Set(documented).count == documented.count)
    #expect(try conditional() == Set(documented))
    #expect(documented.count > 5)
  }

  @Test("above the plumbing no source asks for the system when it is compiled")
  func plumbingOnly() throws {
    let above = try conditional().filter { $0.hasPrefix("Sources/") }
      .filter { !$0.hasPrefix("Sources/Plumbing/") }
    #expect(above == [])
  }
}
