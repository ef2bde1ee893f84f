import SluiceCore
import SluicePorts
import Testing

@Suite("What a promotion's evidence is called on disk")
struct EvidenceNameTests {
  @Test(
    "a plain name is taken as it is",
    arguments: ["20261124-010758-ab12", "P.1_x", "a", "0", String(repeating: "z", count: 200)])
  func plain(name: String) throws {
    #expect(try PromotionID(rawValue: name).evidenceName() == name)
  }

  @Test(
    "one that could leave its directory, hide itself or be too long for a file system is refused",
    arguments: [
      "", ".", "..", ".hidden", "a/b", "../x", "a b", "a\u{0}", "a\n", "é", "a@", "a[", "a`", "a{",
      "a:", String(repeating: "z", count: 201),
    ])
  func refused(name: String) throws {
    let error = #expect(throws: PortError.self) {
      try PromotionID(rawValue: name).evidenceName()
    }
    #expect(error?.kind == .refused)
    #expect(error?.message == "\"\(name)\" cannot name a file of evidence")
  }
}
