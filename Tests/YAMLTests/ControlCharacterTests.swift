import Testing

@testable import SluiceYAML

@Suite("Characters that libyaml refuses in front matter")
struct ControlCharacterTests {
  @Test(
    "a control character in a value is read as it stands",
    arguments: [0x01, 0x08, 0x0B, 0x0C, 0x1E, 0x1F, 0x7F, 0x80, 0x9F, 0x2028, 0x2029, 0xFEFF])
  func controls(value: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(value))
    let text = "---\nname: greeter\ndescription: a\(Character(scalar))b\n---\n"
    let read = try #require(try FrontMatter.read(Array(text.utf8), file: "SKILL.md"))
    #expect(read.fields["description"] == "a\(Character(scalar))b")
  }
}
