import SluiceCore
import Testing

@Suite("Versions of skill packs, SemVer 2.0.0")
struct VersionSemanticTests {
  @Test("The standard's own chain is in order, whichever two are compared")
  func precedence() throws {
    // semver.org §11.4, with §11.2 around it.
    let chain = [
      "0.9.10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
      "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
      "99999999999999999999999.0.0",
    ]
    let versions = try chain.map { try #require(SemanticVersion($0)) }
    for (index, lower) in versions.enumerated() {
      #expect(lower.description == chain[index])
      for higher in versions[(index + 1)...] {
        #expect(lower < higher)
        #expect(!(higher < lower))
      }
    }
    #expect(versions.shuffled().sorted() == versions)
  }

  @Test(
    "What is not quite a version is none",
    arguments: [
      "", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.3-", "1.2.3+", "1.2.3-a..b", "01.2.3", "1.02.3",
      "1.2.3-01", " 1.2.3", "1.2.3 ", "1.2.3\n", "1.2.3-é", "١.٢.٣", "-1.2.3", "1..3", "..",
      "current",
      "1.2.3/..", "1.2.3\0", "1.2.3-a+b+c", "1.2.3-\u{212A}",
      "1.2.3-" + String(repeating: "a", count: 59),
    ])
  func refused(_ text: String) { #expect(SemanticVersion(text) == nil) }

  @Test(
    "Odd but valid versions are read",
    arguments: ["0.0.0", "1.2.3--", "1.2.3-0a", "1.2.3-a-b.0", "1.2.3+001", "1.2.3-x+y-z.1"])
  func read(_ text: String) { #expect(SemanticVersion(text)?.description == text) }

  @Test("A directory may bear a version without build metadata only")
  func directoryNames() {
    #expect(SemanticVersion("1.4.2-rc.1")?.isSafeDirectoryName == true)
    #expect(SemanticVersion("1.4.2+sha")?.isSafeDirectoryName == false)
  }

  @Test("Build metadata has no rank of its own, yet equal order means equal versions")
  func buildMetadata() throws {
    let plain = try #require(SemanticVersion("1.0.0"))
    let built = try #require(SemanticVersion("1.0.0+1"))
    let later = try #require(SemanticVersion("1.0.1-a"))
    #expect(plain != built)
    #expect(plain < built && built < later)
  }
}

@Suite("Versions of OpenClaw builds")
struct VersionBuildTests {
  @Test("A correction comes after its release, a beta before it")
  func order() throws {
    let chain = [
      "2026.7.1", "2026.7.1-2", "2026.9.4", "2026.9.5-alpha.9", "2026.9.5-beta.1",
      "2026.9.5-beta.10", "2026.9.5", "2026.9.5-1", "2026.9.5-2", "2026.9.5-10", "2026.9.6",
      "2026.10.1", "2027.1.1",
    ]
    let versions = try chain.map { try #require(BuildVersion($0)) }
    #expect(versions.map(\.description) == chain)
    #expect(versions.reversed().sorted() == versions)
    for (lower, higher) in zip(versions, versions.dropFirst()) {
      #expect(lower < higher && !(higher < lower))
    }
  }

  @Test(
    "What OpenClaw would not print is none",
    arguments: [
      "", "2026.9", "2026.9.5.1", "2026.09.5", "2026.9.5-", "2026.9.5-0", "2026.9.5-rc.1",
      "2026.9.5-beta", "2026.9.5-beta.x", "2026.9.5-2-3", "v2026.9.5", "2026.9.-5",
      "2026.9.99999999999999999999", "OpenClaw 2026.9.5",
    ])
  func refused(_ text: String) { #expect(BuildVersion(text) == nil) }
}
