import SluiceCore
import SluiceCrypto
import SluiceJSON
import Testing

@Suite("Canonical JSON")
struct CanonicalJSONTests {
  @Test("lines that another program wrote are written again to the byte")
  func vectors() throws {
    let lines = try Vectors.lines()
    #expect(lines.count == 300)
    for line in lines { #expect(try JSONValue.parse(line).canonicalBytes() == line) }
  }

  @Test(
    "what the canonical form cannot hold is refused",
    arguments: [
      "", "{", "[1,]", "{\"a\":1,\"a\":2}", "1.0", "1e3", "01", "-0", "9223372036854775808",
      "9007199254740992", "-9007199254740992",
      "\"\\ud800\"", "\"\\ud800x\"", "\"a\nb\"", "\"\\x\"", "nul", "[1] 2", "{1:2}", "'a'",
      "[\"\\u12\"]", "\u{FEFF}1", "+1", "--1", "{\"a\" 1}", "\"unterminated",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
  }

  @Test("invalid UTF-8 and deep nesting are refused")
  func hostileBytes() {
    #expect(throws: JSONError.self) { try JSONValue.parse([0x22, 0xFF, 0x22]) }
    #expect(throws: JSONError.self) { try JSONValue.parse([0x22, 0xC0, 0x80, 0x22]) }
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: JSONError.self) { try JSONValue.parse(deep) }
  }

  @Test("any value comes back as it was", arguments: 0..<200)
  func roundTrip(seed: UInt64) throws {
    var random = Generator(state: seed &* 2_654_435_761 &+ 1)
    let value = random.value(depth: 0)
    let bytes = value.canonicalBytes()
    #expect(try JSONValue.parse(bytes) == value)
    #expect(try JSONValue.parse(bytes).canonicalBytes() == bytes)
    #expect(try JSONValue.parse(Array(value.prettyText().utf8)) == value)
  }

  @Test("a case with one unnamed value reads as that value")
  func enumPayload() throws {
    let order = Order(
      id: OperationID(rawValue: "p1/3"), command: .place(HostName("mac-a")))
    let value = try CanonicalJSON.encode(order)
    #expect(value.canonicalText == #"{"command":{"place":"mac-a"},"id":"p1/3"}"#)
    #expect(try CanonicalJSON.decode(Order.self, from: value) == order)
  }

  @Test("every kind of command comes back as it was")
  func commands() throws {
    let share = try #require(Share(basisPoints: 500))
    let commands: [Command] = [
      .preflight, .place(HostName("mac-a")), .evict(HostName("mac-a"), afterMilliseconds: 5_000),
      .verify, .archive,
      .apply(Weights(share: share, pinEpoch: 2, generation: 3)),
      .assess(generation: 3, afterMilliseconds: 1_000), .wait(milliseconds: 5),
      .conclude(.completed), .conclude(.refused(reasons: ["a", "b"])),
      .conclude(.aborted(by: "ana")), .conclude(.rolledBack(.gate(.verdict, sentence: "errors"))),
      .conclude(.rolledBack(.plan)),
    ]
    for command in commands {
      let bytes = try CanonicalJSON.bytes(command)
      #expect(try CanonicalJSON.decode(Command.self, from: bytes) == command)
    }
  }

  @Test("a fraction is an error, not a rounding")
  func fractions() {
    #expect(throws: EncodingError.self) { try CanonicalJSON.encode(["x": 0.5]) }
  }

  private struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }

    mutating func text() -> String {
      String(
        (0..<(next() % 6)).compactMap { _ in
          Unicode.Scalar(UInt32(next() % 0x1_F600)).map(Character.init)
        })
    }

    mutating func value(depth: Int) -> JSONValue {
      switch next() % (depth > 4 ? 4 : 6) {
      case 0: return .null
      case 1: return .bool(next() % 2 == 0)
      case 2: return .integer(Int64(bitPattern: next() << 32 | next()) >> 10)
      case 3: return .string(text())
      case 4: return .array((0..<(next() % 4)).map { _ in value(depth: depth + 1) })
      default:
        var members: [String: JSONValue] = [:]
        for _ in 0..<(next() % 4) { members[text()] = value(depth: depth + 1) }
        return .object(members)
      }
    }
  }
}
