import SluicePorts
import Testing

@testable import SluiceAgentClient

@Suite("The writer's line in authorized_keys")
struct AuthorizedKeyTests {
  private static let body = String(repeating: "AZaz09+/", count: 6)

  private func line(
    _ key: String, program: String = "/usr/local/bin/sluice", socket: String = "/run/s.sock"
  ) throws(PortError) -> String {
    try AuthorizedKey.line(key: key, from: "k.pub", program: program, socket: socket)
  }

  @Test("the key may run one program and nothing else, and its comment stays out")
  func restricted() throws {
    let line = try line("ssh-ed25519 \(Self.body)== ana@laptop\n")
    #expect(
      line == "restrict,command=\"/usr/local/bin/sluice node --stdio --socket /run/s.sock\" "
        + "ssh-ed25519 \(Self.body)== sluice-writer")
  }

  @Test(
    "a key with a character that base64 does not have is refused",
    arguments: ["@", "[", "`", "{", "/\"", ":", ".", "-", "\u{E9}", "\t"])
  func otherCharacters(character: String) {
    #expect(throws: PortError.self) { try line("ssh-ed25519 \(Self.body)\(character)AAAA") }
  }

  @Test("a path that could end the quoted command is refused")
  func paths() throws {
    for path in ["sluice", "/a b", "/a\"b", "/a\\b", "/a\nb", "/a;b", "/a$b", ""] {
      #expect(throws: PortError.self) { try line("ssh-ed25519 \(Self.body)", program: path) }
      #expect(throws: PortError.self) { try line("ssh-ed25519 \(Self.body)", socket: path) }
    }
    _ = try line("ssh-ed25519 \(Self.body)", program: "/Az09._-+@:/b")
  }

  @Test("more or less than one key is refused")
  func oneKey() {
    for text in [
      "", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-none \(Self.body)",
      "ssh-ed25519 \(Self.body)\nssh-ed25519 \(Self.body)",
    ] { #expect(throws: PortError.self) { try line(text) } }
  }
}
