import Testing

@testable import SluiceHAProxy

@Suite("Networks before the balancer")
struct FrontNetworkTests {
  @Test("as long as an IPv6 address, and no longer; nothing else beside digits, dots and colons")
  func networks() {
    for text in ["::", "::1/128", "10.0.0.1/0", "fe80::1/64", "ABCD::/16"] {
      #expect(HAProxyConfiguration.isNetwork(text), "\(text)")
    }
    for text in [
      ":", "::1/129", "::1/", "::1/1/1", "/8", "10.0.0.1/x", "g::", "1", "12", "10.0.0.1 ",
    ] {
      #expect(!HAProxyConfiguration.isNetwork(text), "\(text)")
    }
  }
}
