import SluiceCore
import SluiceJSON
import Testing

@Suite("Secrets by their name and by their look")
struct SecretNameTests {
  @Test(
    "a name says that its value is a secret",
    arguments: [
      "ANTHROPIC_API_KEY", "OPENCLAW_GATEWAY_TOKEN", "DB_PASSWORD", "--gateway-token", "apikey",
      "AWS_SECRET_ACCESS_KEY", "SESSION_COOKIE", "Passphrase",
    ])
  func secret(_ name: String) { #expect(SecretScan.isSecretName(name)) }

  @Test(
    "and one that does not, does not",
    arguments: [
      "HOME", "PATH", "OPENCLAW_STATE_DIR", "TOKEN_FILE", "GATEWAY_TOKEN_PATH", "KEYBOARD",
      "TOKENIZER", "LC_ALL", "NO_COLOR",
    ])
  func harmless(_ name: String) { #expect(!SecretScan.isSecretName(name)) }

  @Test(
    "a value that looks like a secret is one",
    arguments: [
      "sk-ant-REDACTED-0123456789", "http://user:hunter2@10.0.0.1/x",
      "https://h/x?token=abc", "https://h/x?a=1&api_key=zz", "ghp_0123456789abcdefghij",
      "/opt/ghp_0123456789abcdefghij/x", "a8F3kLm29QzX7pR4tYw1",
    ])
  func values(_ value: String) { #expect(SecretScan.reason(value: value) != nil) }

  @Test(
    "paths, addresses and figures do not",
    arguments: [
      "/nix/store/0c5kz1v9q8m7n6b5v4c3x2z1a0s9d8f7-openclaw/bin/openclaw", "10.0.0.11:18789",
      "http://127.0.0.1:9099/v1/webhook-digest", "https://h/x?page=2", "150%", "10m", "standard",
      "openclaw@mac-a.example", "/usr/bin:/bin:/opt/homebrew/bin",
      "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/sluice",
    ])
  func plain(_ value: String) { #expect(SecretScan.reason(value: value) == nil) }

  @Test("a plan holds no value of the environment, and is the same plan all the same")
  func coding() throws {
    let spec = OpenClawSpec(
      cli: "/c", tokenFile: "/t", digest: nil, service: .systemd(unit: "u"),
      environment: ["HOME": "/h", "COLOUR": "vermilion"], environmentFile: "/e")
    let text = try CanonicalJSON.encode(spec).canonicalText
    #expect(!text.contains("vermilion") && !text.contains("COLOUR"))
    let read = try CanonicalJSON.decode(OpenClawSpec.self, from: Array(text.utf8))
    #expect(read == spec && read.environment.isEmpty && read.environmentFile == "/e")
    #expect(try CanonicalJSON.encode(read).canonicalText == text)
    var other = spec
    other.environment["COLOUR"] = "ochre"
    #expect(other != spec && read != other)
  }

  @Test("a line of an older version, with its values, is read")
  func older() throws {
    let text =
      #"{"cli":"/c","environment":{"HOME":"/h"},"service":{"systemd":{"unit":"u"}},"tokenFile":"/t"}"#
    let read = try CanonicalJSON.decode(OpenClawSpec.self, from: Array(text.utf8))
    #expect(read.stateDirectory == "/h/.openclaw")
    #expect(!(try CanonicalJSON.encode(read).canonicalText.contains("/h\"")))
  }
}
