import SluiceYAML
import Testing

@Suite("What an error of YAML says to do")
struct RemedyTests {
  @Test(
    "each kind of slip has its own remedy",
    arguments: [
      ("a: 'x", "Close the quote or bracket"), ("a: \"x", "Close the quote or bracket"),
      ("a: b: c", "Quote a value that contains"), ("a: @x", "Quote a value that begins with @"),
      ("a: 1\nb\nc: 2", "Write a colon and a space behind the key"),
      ("a: [1, 2}\n", "Check indentation, quotes and brackets"),
      ("a: 1\n  b: 2\n c: 3", "Quote a value that contains"),
      ("a: \"\\q\"", "Check indentation, quotes and brackets"),
    ])
  func remedies(text: String, remedy: String) {
    #expect(refusal(of: text)?.remedy.contains(remedy) == true)
  }
}
