import SluiceTestSupport
import Testing

@testable import SluiceHTTP

@Suite("What a client refuses to send")
struct RequestBoundsTests {
  private func error(of request: HTTPRequest) async -> HTTPError? {
    let client = HTTPClient()
    defer { client.shutdown() }
    do {
      _ = try await client.send(request)
      return nil
    } catch { return error }
  }

  @Test("headers of more than 64 KiB in all are too large, and nothing is sent")
  func headers() async throws {
    // Nobody listens at port 1: a request that is sent says that it was refused.
    var request = HTTPRequest("GET", "http://127.0.0.1:1/")
    let line = HTTPClient.headerLimit / 16
    for index in 0..<16 {
      let name = "x-\(index)"
      request.headers.add(name, String(repeating: "v", count: line - name.utf8.count - 4))
    }
    #expect(await error(of: request)?.kind != .tooLarge)
    request.headers.add("x", "")
    let error = try #require(await error(of: request))
    #expect(error.kind == .tooLarge)
    #expect(error.message.contains("\(HTTPClient.headerLimit + 5) bytes"))
  }

  @Test("a URL of more than 8 KiB is too large")
  func url() async {
    let path = { String(repeating: "a", count: HTTPClient.lineLimit - $0) }
    let base = "http://127.0.0.1:1/"
    #expect(await error(of: HTTPRequest("GET", base + path(base.count)))?.kind != .tooLarge)
    #expect(await error(of: HTTPRequest("GET", base + path(base.count - 1)))?.kind == .tooLarge)
  }
}
