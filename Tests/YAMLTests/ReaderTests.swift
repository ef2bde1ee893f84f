import SluiceYAML
import Testing

/// A node without its places, to compare with.
indirect enum Shape: Equatable {
  case text(String), quoted(String), list([Shape]), map([String: Shape])

  init(_ node: YAMLNode) {
    switch node.content {
    case .scalar(let text, let isPlain): self = isPlain ? .text(text) : .quoted(text)
    case .sequence(let items): self = .list(items.map(Shape.init))
    case .mapping(let entries):
      self = .map(Dictionary(uniqueKeysWithValues: entries.map { ($0.key, Shape($0.value)) }))
    }
  }
}

/// The error that a text deserves, nil when it is fine.
func refusal(of bytes: [UInt8], limits: YAMLReader.Limits = .init()) -> YAMLError? {
  do throws(YAMLError) {
    _ = try YAMLReader.read(bytes, file: "sluice.yaml", limits: limits)
    return nil
  } catch {
    return error
  }
}

func refusal(of text: String, limits: YAMLReader.Limits = .init()) -> YAMLError? {
  refusal(of: Array(text.utf8), limits: limits)
}

@Suite("Reading strict YAML")
struct ReaderTests {
  private func read(_ text: String) throws -> YAMLNode {
    try YAMLReader.read(Array(text.utf8), file: "sluice.yaml")
  }

  @Test("Lists, mappings and scalars come as written, nothing converted")
  func shapes() throws {
    let node = try read(
      """
      # a comment
      ---
      name: acme
      on: no
      number: 1e3
      octal: 0755
      version: "1.4"
      empty:
      folded: >
        two
        lines
      hosts: [mac-a, 'mac-b']
      nested:
        - {a: ~}
        - yes
      ...
      """)
    #expect(
      Shape(node)
        == .map([
          "name": .text("acme"), "on": .text("no"), "number": .text("1e3"),
          "octal": .text("0755"), "version": .quoted("1.4"), "empty": .text(""),
          "folded": .quoted("two lines\n"), "hosts": .list([.text("mac-a"), .quoted("mac-b")]),
          "nested": .list([.map(["a": .text("~")]), .text("yes")]),
        ]))
  }

  @Test("Every node and key knows its line and column, counted in characters")
  func positions() throws {
    let node = try read("é: ü\nlist:\r\n  - 日本: x\n")
    guard case .mapping(let entries) = node.content,
      case .sequence(let items) = entries[1].value.content,
      case .mapping(let inner) = items[0].content
    else {
      Issue.record("another shape")
      return
    }
    #expect(entries[0].value.position == YAMLPosition(line: 1, column: 4))
    #expect(entries[1].keyPosition == YAMLPosition(line: 2, column: 1))
    #expect(inner[0].keyPosition == YAMLPosition(line: 3, column: 5))
    #expect(inner[0].value.position == YAMLPosition(line: 3, column: 9))
  }

  @Test("Windows line ends read like others")
  func lineEnds() throws {
    #expect(try Shape(read("a: 1\r\nb:\r\n  - c\r\n")) == Shape(read("a: 1\nb:\n  - c\n")))
  }

  @Test("Keys in the file's order")
  func order() throws {
    guard case .mapping(let entries) = try read("b: 1\na: 2\nc: 3").content else { return }
    #expect(entries.map(\.key) == ["b", "a", "c"])
  }

  @Test(
    "What could mislead is refused at its place",
    arguments: [
      ("a: &x 1\nb: 2", 1, 4, "an anchor (&x)"),
      ("a: 1\nb: *x", 2, 4, "an alias (*x)"),
      ("*x : 1", 1, 1, "an alias (*x)"),
      ("&k key: 1", 1, 1, "an anchor (&k)"),
      ("a: !!int 1", 1, 4, "a tag"),
      ("a: !custom {b: 1}", 1, 4, "a tag"),
      ("é: ! x", 1, 4, "a tag"),
      ("a: ! \"x\"", 1, 4, "a tag"),
      ("- ! [x]", 1, 3, "a tag"),
      ("a:\n  !\nb: 1", 2, 3, "a tag"),
      ("!k a: 1", 1, 1, "a tag"),
      ("%YAML 1.1\n---\na: 1", 1, 1, "a directive"),
      ("%TAG ! tag:x,2026:\n---\na: 1", 1, 1, "a directive"),
      ("<<: {a: 1}", 1, 1, "a merge key"),
      ("b:\n  <<: 1", 2, 3, "a merge key"),
      ("? [a, b]\n: 1", 1, 3, "used as a key"),
      ("{{a: 1}: 2}", 1, 2, "used as a key"),
      ("a: 1\nlost words\nb: 2", 2, 1, "could not find expected ':'"),
      ("a: 1\nlost words", 2, 1, "could not find expected ':'"),
      ("\"\": 1", 1, 1, "a key is empty"),
      ("a: 1\nb: 2\na: 3", 3, 1, "\"a\" is there twice (first at line 1)"),
      ("{a: 1, 'a': 2}", 1, 8, "\"a\" is there twice (first at line 1)"),
      ("caf\u{e9}: 1\ncafe\u{301}: 2", 2, 1, "is there twice"),
      ("a: 1\n---\nb: 2", 2, 1, "a second document"),
      ("a: 1\n...\n---\n", 3, 1, "a second document"),
      ("\u{feff}a: 1", 1, 1, "a byte order mark"),
      ("a: 1\nb: x\u{feff}y", 2, 5, "a byte order mark"),
      ("a: \"x\\0y\"", 1, 4, "the control character \\x00"),
      ("a: \"\\e[31m\"", 1, 4, "the control character \\x1b"),
      ("\"a\\a\": 1", 1, 1, "the control character \\x07"),
      ("", 1, 1, "the file is empty"),
      ("# only a comment\n", 2, 1, "the file is empty"),
      ("a:\n\tb: 1", 2, 1, "not valid YAML"),
      ("a: [1, 2\nb: 3", 2, 2, "not valid YAML"),
      ("a: b: c", 1, 5, "mapping values are not allowed"),
      ("a: 'x", 1, 6, "unexpected end of stream"),
      ("a: @x", 1, 4, "not valid YAML"),
      ("a: \"\\ud800\"", 1, 7, "invalid Unicode character escape code"),
    ])
  func refusals(text: String, line: Int, column: Int, message: String) throws {
    let error = try #require(refusal(of: text))
    #expect(error.message.contains(message), "\(error)")
    #expect(error.position == YAMLPosition(line: line, column: column), "\(error)")
    #expect(error.file == "sluice.yaml")
    #expect(!error.remedy.isEmpty)
  }

  @Test("A tab where spaces belong is named in the remedy")
  func tabs() throws {
    #expect(refusal(of: "a:\n\tb: 1")?.remedy == "Indent with spaces; YAML allows no tabs there.")
    #expect(try Shape(read("a: b\tc")) == .map(["a": .text("b\tc")]))
  }

  @Test(
    "Bytes that are no text are refused where they stand",
    arguments: [
      (Array("a: 1\nb: é".utf8) + [0xff], 2, 5),
      (Array("a: \"".utf8) + [0xc0, 0x80] + Array("\"".utf8), 1, 5),
      (Array("a: ".utf8) + [0xed, 0xa0, 0x80], 1, 4),
      (Array("é\r\nx: ".utf8) + [0xe6, 0x97], 2, 4),
      (Array("a: x".utf8) + [0] + Array("y".utf8), 1, 5),
      ([0xff, 0xfe, 0x61, 0x00], 1, 1), ([0xfe, 0xff, 0x00, 0x61], 1, 1),
    ] as [([UInt8], Int, Int)])
  func invalidBytes(bytes: [UInt8], line: Int, column: Int) throws {
    let error = try #require(refusal(of: bytes))
    #expect(error.position == YAMLPosition(line: line, column: column), "\(error)")
    #expect(error.remedy.contains("UTF-8"))
  }

  @Test(
    "UTF-16 is told by its byte order mark, not as text that is broken",
    arguments: [[0xff, 0xfe, 0x61, 0x00], [0xfe, 0xff, 0x00, 0x61]] as [[UInt8]])
  func otherEncoding(bytes: [UInt8]) {
    #expect(refusal(of: bytes)?.message.contains("a byte order mark") == true)
    // Half of the mark is no mark.
    #expect(refusal(of: [bytes[0]])?.message.contains("a byte order mark") == false)
  }

  @Test("An error prints as file:line:column, message, and the remedy below")
  func description() {
    #expect(
      refusal(of: "a: 1\na: 2")?.description == """
        sluice.yaml:2:1: "a" is there twice (first at line 1)
                Keep one of the two.
        """)
  }

  @Test("Hostile names are shown safely and shortened")
  func hostileNames() throws {
    let turned = try #require(refusal(of: "\u{202e}x: 1\n\u{202e}x: 2"))
    #expect(turned.message == "\"\\u{202e}x\" is there twice (first at line 1)")
    let long = String(repeating: "k", count: 1000)
    let shortened = try #require(refusal(of: "? \(long)\n: 1\n? \(long)\n: 2"))
    #expect(shortened.message.contains("kk…\" is there twice"))
    #expect(shortened.message.count < 120)
  }
}
