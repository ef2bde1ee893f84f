import SluiceSystem
import Testing

@testable import SluiceHTTP

@Suite("Listening, and whose connection it is")
struct ListeningTests {
  @Test("a server that gets no descriptor says that there is none")
  func noDescriptors() async {
    await #expect(processExitsWith: .success) {
      _ = ResourceLimit.openFiles.set(.init(soft: 0, hard: 256))
      do throws(HTTPError) {
        try HTTPServer.start(loopback) { _, _ in }.stop()
        exit(1)
      } catch { exit(error.message.contains(String(cString: strerror(EMFILE))) ? 0 : 2) }
    }
  }

  @Test("what the system has no socket for is refused, with the system's reason")
  func noFamily() throws {
    let error = #expect(throws: HTTPError.self) { try ListeningSocket.makeSocket(-1, "there") }
    #expect(error?.message == "cannot listen: \(String(cString: strerror(EAFNOSUPPORT)))")
    #expect(error?.url == "there")
  }

  /// The address that a connection from there is counted for; nil: its own.
  private func holder(_ address: String) throws -> String? {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    hints.ai_socktype = CLibrary.streamSocket
    var found: UnsafeMutablePointer<addrinfo>?
    try #require(getaddrinfo(address, nil, &hints, &found) == 0)
    defer { freeaddrinfo(found) }
    return ConnectionDesk.holder(try #require(found?.pointee.ai_addr))
  }

  @Test("the addresses of an IPv6 /64 count as one, every IPv4 address for itself")
  func holders() throws {
    let network = try #require(try holder("2001:db8:1:2::1"))
    #expect(try holder("2001:db8:1:2:ffff:ffff:ffff:ffff") == network)
    #expect(try holder("2001:db8:1:3::1") != network)
    #expect(try holder("2001:db9:1:2::1") != network)
    for own in ["127.0.0.1", "203.0.113.7", "::ffff:203.0.113.7", "::1"] {
      #expect(try holder(own) == nil, "\(own)")
    }
  }
}
