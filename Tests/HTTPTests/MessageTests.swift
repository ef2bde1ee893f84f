import Testing

@testable import SluiceHTTP

@Suite("HTTP messages")
struct MessageTests {
  @Test("header names compare without case, order and duplicates stay")
  func headers() {
    var headers: HTTPHeaders = ["Content-Type": "a", "X": "1"]
    headers.add("x", "2")
    #expect(headers["content-TYPE"] == "a")
    #expect(headers.all("X") == ["1", "2"])
    headers["X"] = "3"
    #expect(headers.entries.map(\.name) == ["Content-Type", "X"])
    #expect(headers.all("x") == ["3"])
    headers["x"] = nil
    #expect(headers["X"] == nil)
  }

  @Test("a list header's tokens are found whatever the case and spaces")
  func tokens() {
    let headers: HTTPHeaders = ["Connection": "keep-alive ,  Upgrade"]
    #expect(headers.hasToken("upgrade", in: "connection"))
    #expect(!headers.hasToken("up", in: "connection"))
  }

  @Test("a target is split and decoded")
  func target() throws {
    let target = try #require(HTTPTarget("/a%20b/c%2Fd?x=1&y&x=2&n=a+b%26#part"))
    #expect(target.path == "/a b/c/d")
    #expect(target.query == ["x": "1", "y": "", "n": "a b&"])
    #expect(HTTPTarget("")?.path == "/")
  }

  @Test(
    "a broken escape, a NUL or invalid UTF-8 is refused",
    arguments: ["/%", "/%4", "/%zz", "/%00", "/%ff", "/?a=%c3", "/é", "/a b"])
  func brokenTarget(_ text: String) { #expect(HTTPTarget(text) == nil) }

  @Test("a client's request knows its path and query")
  func clientRequest() {
    let request = HTTPRequest("GET", "https://host:1/p%41?q=1")
    #expect(request.path == "/pA")
    #expect(request.query == ["q": "1"])
    #expect(HTTPRequest("GET", "http://host").path == "/")
    #expect(HTTPRequest("GET", "http://host?q=1").query == ["q": "1"])
  }

  @Test("an error shows neither user, password nor query")
  func secrets() {
    let error = HTTPError(.other, "broken", url: "https://me:pass@host:8/a/b?token=x#y")
    #expect(error.description == "https://host:8/a/b: broken")
    #expect(HTTPError(.other, "m", url: "http://h/@a").url == "http://h/@a")
  }
}
