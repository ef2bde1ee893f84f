import SluiceCore
import SluiceJSON
import Testing

@Suite("A balancer as JSON")
struct BalancerSpecTests {
  /// As plans and ledgers have had it since before there were kinds with fields of their own.
  private static let text = #"""
    {"bind":"127.0.0.1:80","cohorts":{"acme":"canary"},"connectionsPerSource":12,"directory":"/d","kind":"managed","pinned":"move"}
    """#

  @Test("the kind stands beside its fields, byte for byte as before")
  func bytes() throws {
    let spec = try CanonicalJSON.decode(BalancerSpec.self, from: Array(Self.text.utf8))
    #expect(String(decoding: try CanonicalJSON.bytes(spec), as: UTF8.self) == Self.text)
    var expected = HAProxySpec(
      bind: "127.0.0.1:80", program: nil, directory: "/d", pinned: .move,
      cohorts: ["acme": .canary])
    expected.connectionsPerSource = 12
    #expect(spec == .managed(expected))
  }

  @Test("a kind that this Sluice does not know is an error")
  func unknown() {
    let other = Self.text.replacing("managed", with: "magic")
    #expect(throws: (any Error).self) {
      try CanonicalJSON.decode(BalancerSpec.self, from: Array(other.utf8))
    }
  }
}
