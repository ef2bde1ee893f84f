import SluiceSystem
import Testing

@Suite("What other programs write around their answer")
struct ProgramTextTests {
  private func documents(_ text: String) -> [String] {
    ProgramText(Array(text.utf8)).documents.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    "The object is found whatever stands around it",
    arguments: [
      "%", "\u{FEFF}%", "[plugins] loading x\n%", "%\ndone.\n", "\u{1B}[33mwarn\u{1B}[0m %",
      "\u{1B}]0;title\u{7}%", "a } b ] %", "{ not json\n%", "{not: json} %", "50 % of {x}: %",
      "line\r\n%\r\n", "\"quote %", "{\"a\": %", "\u{1B}[31m%\u{1B}[0m", "\0\0%\0",
    ])
  func found(_ frame: String) {
    let object = #"{"findings": [{"a": "}{\"", "b": [1, -2.5e3, null, true]}]}"#
    let text = frame.replacing("%", with: object, maxReplacements: frame.contains("50") ? 2 : 1)
    #expect(documents(text).contains(object), "\(text)")
  }

  @Test("Objects side by side are told apart, one within another is not one of its own")
  func several() {
    #expect(documents(#"{"a":1}{"b":{"c":2}} [{"d":3},{"e":4}]"#).count == 4)
    #expect(documents(#"{"a":{"b":{}}}"#) == [#"{"a":{"b":{}}}"#])
    #expect(documents(#"{"a":1,} {'a':1} {"a" 1} {"a":tru}"#).isEmpty)
  }

  @Test("An object that has begun and not ended is told")
  func open() {
    #expect(ProgramText(Array(#"{"findings":[{"a":"b"#.utf8)).isOpen)
    #expect(ProgramText(Array("{".utf8)).isOpen)
    #expect(!ProgramText(Array(#"{"findings":[]}"#.utf8)).isOpen)
    #expect(!ProgramText(Array("{x".utf8)).isOpen)
  }

  @Test("Noise is counted and shown by its beginning")
  func noise() throws {
    let text = ProgramText(Array("[plugins] loading x\n{}\nbye\n".utf8))
    let noise = try #require(text.noise(around: 0))
    #expect(noise.bytes == 20 && noise.start == "[plugins] loading x")
    #expect(ProgramText(Array(" {} \n".utf8)).noise(around: 0) == nil)
    #expect(text.noise(around: 1) == nil)
  }

  @Test("Only the layout is left out of the compact form")
  func compact() {
    let text = "{ \"a b\" : \"c \\\" d\" , \"e\" : [ 1 ] }"
    let compact = String(decoding: ProgramText.compact(Array(text.utf8)), as: UTF8.self)
    #expect(compact == #"{"a b":"c \" d","e":[1]}"#)
  }

  @Test("A document in drawn noise is found, and no bytes end the program", arguments: 0..<300)
  func drawn(seed: Int) {
    var random = Drawn(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
    let object = Array(#"{"findings":[{"checkId":"a","severity":"error"}]}"#.utf8)
    // No brace: whatever else may stand before and after it, on lines of their own.
    let before = random.bytes(2_000).filter { $0 != UInt8(ascii: "{") && $0 != 0x1B }
    let after = random.bytes(2_000).filter { $0 != UInt8(ascii: "{") }
    let text = ProgramText(before + [0x0A] + object + [0x0A] + after)
    #expect(text.documents == [object])
    // Garbage made of what JSON and escape sequences are made of.
    let alphabet = Array("{}[]\",:\\ \u{1B}]P(0aet-\n\r".utf8) + [0xEF, 0xBB, 0xBF, 0, 7]
    let garbage = (0..<4_000).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
    let read = ProgramText(garbage)
    #expect(read.bytes.count <= garbage.count && read.documents.count <= garbage.count / 2)
  }

  @Test("Text made to be slow is read in bounded time", .timeLimit(.minutes(1)))
  func slow() {
    for piece in [#"{"a":"#, #"{"a":[{"b":1},"#, #"{""#, "{", #"{"a":"{\"#, "\u{1B}["] {
      let text = ProgramText(Array(String(repeating: piece, count: 20_000).utf8))
      #expect(text.documents.count <= 20_000)
    }
  }
}

private struct Drawn {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func bytes(_ limit: UInt64) -> [UInt8] {
    (0..<(next() % limit)).map { _ in UInt8(truncatingIfNeeded: next() >> 20) }
  }
}
