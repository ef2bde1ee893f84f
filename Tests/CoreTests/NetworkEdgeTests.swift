import SluiceCore
import Testing

@Suite("Networks of every size")
struct NetworkEdgeTests {
  @Test(
    "a network holds its first and its last address, and neither neighbour",
    arguments: [
      ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
      ("128.0.0.0/1", "128.0.0.0", "255.255.255.255", "127.255.255.255", "0.0.0.0"),
      ("10.128.0.0/9", "10.128.0.0", "10.255.255.255", "10.127.255.255", "11.0.0.0"),
      ("10.0.128.0/17", "10.0.128.0", "10.0.255.255", "10.0.127.255", "10.1.0.0"),
      ("10.0.1.128/25", "10.0.1.128", "10.0.1.255", "10.0.1.127", "10.0.2.0"),
      ("10.0.1.4/31", "10.0.1.4", "10.0.1.5", "10.0.1.3", "10.0.1.6"),
      ("10.0.1.4/32", "10.0.1.4", "10.0.1.4", "10.0.1.3", "10.0.1.5"),
    ])
  func edges(network: String, first: String, last: String, below: String, above: String) throws {
    let network = try #require(Network(network))
    for (text, isInside) in [(first, true), (last, true), (below, false), (above, false)] {
      let address = try #require(Network(text)).address
      #expect(network.contains(address) == isInside, "\(text)")
    }
  }
}
