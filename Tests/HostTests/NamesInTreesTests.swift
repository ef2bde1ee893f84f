import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Names in trees and of fragments")
struct NamesInTreesTests {
  @Test("a blank in a name is taken; a control character is refused")
  func blanks() throws {
    let home = try TemporaryDirectory()
    try Pack.write(["alpha/SKILL.md": "x", "alpha/a note.md": "y"], to: home("pack"))
    #expect(
      try SkillTree.read(home("pack")).manifest.entries.map(\.path)
        == ["alpha/SKILL.md", "alpha/a note.md"])
    for name in ["a\u{1F}b", "a\u{7F}b", "a\tb"] {
      try Files.replace(home("pack/alpha/\(name)"), with: [1], durable: false)
      #expect(throws: PortError.self) { try SkillTree.read(home("pack")) }
      try Files.removeFile(home("pack/alpha/\(name)"))
    }
  }

  @Test("a fragment's name is two digits, a dash and a name; any other file is named as a fault")
  func fragments() throws {
    let home = try TemporaryDirectory()
    let tenants = TenantFragments(root: home("tenants"))
    try Pack.write(["acme/gateway.d/10-base.yaml": "tools: [exec]\n"], to: home("tenants"))
    #expect(tenants.survey().faults.isEmpty)
    for name in ["10_base.yaml", "10abase.yaml", "1-base.yaml", "1a-base.yaml", "10-.yaml"] {
      let path = "acme/gateway.d/\(name)"
      try Pack.write([path: "tools: [web]\n"], to: home("tenants"))
      #expect(!tenants.survey().faults.isEmpty, "\(name)")
      try Files.removeFile(home("tenants/\(path)"))
    }
  }
}
