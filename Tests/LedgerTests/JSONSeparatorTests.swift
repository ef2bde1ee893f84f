import SluiceJSON
import Testing

@Suite("Separators in JSON")
struct JSONSeparatorTests {
  @Test(
    "what stands for a comma, a colon or an end and is none is refused",
    arguments: [
      "[1 2]", "[1;2]", "[1:2]", "[1}", "[1,,2]", "[,1]", "[1", "{\"a\":1 \"b\":2}",
      "{\"a\":1;\"b\":2}", "{\"a\":1:\"b\":2}", "{\"a\":1]\"b\":2}", "{\"a\":1,}", "{,\"a\":1}",
      "{\"a\":1,,\"b\":2}", "{\"a\",1}", "{\"a\":1", "{\"a\":}",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
  }

  @Test("blanks may stand around every separator")
  func blanks() throws {
    let text = " { \"a\" : [ 1 , 2 ] ,\t\"b\"\n:\r{ } } "
    #expect(
      try JSONValue.parse(Array(text.utf8)) == .object(["a": .array([1, 2]), "b": .object([:])]))
  }
}
