import SluiceJSON
import Testing

@Suite("Escapes in JSON texts")
struct JSONEscapeTests {
  private func text(_ escaped: String) throws -> String? {
    guard case .string(let text) = try JSONValue.parse(Array("\"\(escaped)\"".utf8)) else {
      return nil
    }
    return text
  }

  @Test(
    "every escape is read as the character that it stands for",
    arguments: [
      ("\\b\\f\\n\\r\\t", "\u{8}\u{C}\n\r\t"), ("\\\"\\\\\\/", "\"\\/"), ("\\u00e9", "é"),
      ("\\u20AC", "€"), ("\\ud83d\\ude00", "😀"), ("\\uD800\\uDC00", "\u{10000}"),
      ("\\uDBFF\\uDFFF", "\u{10FFFF}"),
    ])
  func read(escaped: String, meant: String) throws { #expect(try text(escaped) == meant) }

  @Test(
    "half a pair of surrogates is refused, whatever follows",
    arguments: [
      "\\ud83d\\u0041", "\\ud83d\\ud83d", "\\ud83d\\ue000", "\\ude00\\ud83d", "\\udc00",
      "\\ud83d\\n",
    ])
  func refused(escaped: String) { #expect(throws: JSONError.self) { try text(escaped) } }
}
