import SluiceSystem
import Testing

@Suite("Text without what only a terminal reads")
struct EscapeSequenceTests {
  private func plain(_ text: String) -> String { ProgramText(Array(text.utf8)).text }

  @Test(
    "a carriage return ends a line as a line feed does, and the two together end one",
    arguments: [
      ("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a\r", "a\n"), ("a\r\r\nb", "a\n\nb"),
      ("a\n\rb", "a\n\nb"),
    ])
  func lineEnds(_ raw: String, _ text: String) { #expect(plain(raw) == text) }

  @Test(
    "a byte order mark is left out wherever it stands, and nothing that begins like one",
    arguments: [("\u{FEFF}a", "a"), ("a\u{FEFF}b", "ab"), ("\u{F000}a", "\u{F000}a")])
  func marks(_ raw: String, _ text: String) { #expect(plain(raw) == text) }

  @Test(
    "a sequence ends where its kind says, and what follows stays",
    arguments: [
      // Colours and cursors: parameters, and one byte that ends them.
      ("[mx", "x"), ("[1;31mx", "x"), ("[ ?x", ""), ("[?25hx", "x"), ("[@x", "x"), ("[~x", "x"),
      // No sequence after all: what broke it stays.
      ("[1\nx", "\nx"), ("[\u{1F}x", "\u{1F}x"), ("[\u{7F}x", "\u{7F}x"),
      // Character sets and other short ones.
      ("(Bx", "x"), (" Bx", "x"), ("/Bx", "x"), ("0x", "x"), ("=x", "x"), ("~x", "x"),
      ("\u{7F}x", "\u{7F}x"), ("\u{1F}x", "\u{1F}x"), ("\nx", "\nx"),
      // Cut off by the end of the text.
      ("", ""), ("[", ""), ("[1;3", ""), ("(", ""), ("]0;t", ""), ("]0;t\u{1B}", ""),
    ])
  func sequences(_ rest: String, _ text: String) { #expect(plain("a\u{1B}" + rest) == "a" + text) }

  @Test(
    "a title or another text for the terminal ends with BEL or ESC \\, and never takes the next line",
    arguments: ["]0;", "P", "^", "_"])
  func texts(_ start: String) {
    let sequence = "\u{1B}\(start)title"
    #expect(plain("a\(sequence)\u{7}xy") == "axy")
    #expect(plain("a\(sequence)\u{1B}\\xy") == "axy")
    #expect(plain("a\(sequence)\u{B}\u{7}xy") == "axy")
    #expect(plain("a\(sequence)\nxy\u{7}") == "a\nxy\u{7}")
    // Another sequence within it ends it, and is read by itself.
    #expect(plain("a\(sequence)\u{1B}[31mxy") == "axy")
    #expect(plain("a\(sequence)\u{1B}\u{1B}[31mxy") == "axy")
  }
}
