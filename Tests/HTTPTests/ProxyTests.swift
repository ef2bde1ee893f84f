import SluiceSystem
import SluiceHTTP
import Testing

@Suite("Proxies")
struct ProxyTests {
  @Test("proxies in the environment are ignored")
  func proxyEnvironment() async throws {
    await #expect(processExitsWith: .success) {
      for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        setenv(name, "http://127.0.0.1:1", 1)
      }
      let server = try HTTPServer.start(loopback) { _, responder in
        responder.upgradeToWebSocket { peer in peer.send(text: "direct") }
      }
      let response = try await HTTPClient().send(
        HTTPRequest("GET", "http://127.0.0.1:\(server.port)/"))
      #expect(response.status == 426)
      let socket = try await dial("ws://127.0.0.1:\(server.port)/")
      #expect(try await socket.receive() == .text("direct"))
    }
  }
}
