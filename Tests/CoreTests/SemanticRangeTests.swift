import Foundation
import SluiceCore
import Testing

@Suite("Ranges of versions, as package.json writes them")
struct SemanticRangeTests {
  private struct Vectors: Decodable {
    struct Range: Decodable {
      let range: String
      /// Nil where npm's semver takes it for no range.
      let satisfied: [String]?
    }
    let versions: [String]
    let ranges: [Range]
  }

  @Test("A range holds the versions that npm's semver says it holds, and no others")
  func vectors() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/ranges", withExtension: "json"))
    let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
    #expect(vectors.ranges.count > 150 && vectors.versions.count > 40)
    for vector in vectors.ranges {
      let range = SemanticRange(vector.range)
      #expect((range == nil) == (vector.satisfied == nil), "\"\(vector.range)\"")
      guard let range, let satisfied = vector.satisfied else { continue }
      let held = vectors.versions.filter { SemanticVersion($0).map(range.contains) == true }
      #expect(held == satisfied, "\"\(vector.range)\"")
    }
  }

  @Test("What OpenClaw 2026.9.6 wants of Node")
  func openclaw() throws {
    let range = try #require(SemanticRange(">=24.16.0 <25 || >=26.1.0"))
    for (version, holds) in [
      ("v24.15.9", false), ("v24.16.0", true), ("v24.19.0", true), ("v25.2.0", false),
      ("v26.0.9", false), ("v26.1.0", true), ("v22.12.0", false), ("26.1.0", true),
    ] {
      let node = try #require(SemanticVersion(programVersion: version))
      #expect(range.contains(node) == holds, "\(version)")
    }
    #expect(SemanticVersion(programVersion: "node 24") == nil)
  }
}
