import SluiceCore
import SluiceJSON
import Testing

@Suite("Values as canonical JSON")
struct JSONCodableTests {
  struct Box: Codable, Hashable {
    var detail: JSONValue
    var note: String?
    var list: [JSONValue] = []
  }

  enum Shape: Codable, Hashable {
    case nothing
    case maybe(Int?)
    case map([String: Int])
    case any(JSONValue)
    case named(width: Int, height: Int?)
    case pair(Int, String)
    case box(Box)
  }

  static func comesBack<T: Codable & Equatable>(_ value: T) throws -> Bool {
    try CanonicalJSON.decode(T.self, from: try CanonicalJSON.bytes(value)) == value
  }

  static let values: [JSONValue] = [
    .null, true, -1, 9_007_199_254_740_991, "", "Grüße \u{1F990}\u{0}\u{1F}\u{7F}", [], [:],
    [[], [.null]], ["a": ["b": [1, "x", .null]]], ["_0": 1], ["_0": ["_0": [:]]], ["": ""],
  ]

  @Test(
    "any JSON comes back as it was, alone, as a member, in a list and in a case", arguments: values)
  func nested(value: JSONValue) throws {
    #expect(try Self.comesBack(value))
    #expect(try Self.comesBack(Box(detail: value, list: [value, value])))
    #expect(try Self.comesBack(["k": value]))
    #expect(try Self.comesBack(Shape.any(value)))
    #expect(try Self.comesBack(Shape.box(Box(detail: value))))
    #expect(try CanonicalJSON.encode(Box(detail: value))["detail"] == value)
  }

  @Test(
    "every form of case comes back as it was",
    arguments: [
      Shape.nothing, .maybe(nil), .maybe(3), .map([:]), .map(["_0": 1]), .map(["_0": 1, "b": 2]),
      .named(width: 1, height: nil), .named(width: 1, height: 2), .pair(1, "a"),
    ])
  func cases(shape: Shape) throws {
    #expect(try Self.comesBack(shape))
    #expect(try Self.comesBack([shape]))
  }

  @Test("a host that remembers nothing of an operation can say so")
  func emptyOutcome() throws {
    let report = HostAnswer.outcome(nil)
    #expect(try CanonicalJSON.encode(report) == ["outcome": .null])
    #expect(try Self.comesBack(report))
  }

  @Test("nil is left out, and unknown keys are passed over")
  func lenient() throws {
    let box = Box(detail: [:])
    #expect(try CanonicalJSON.encode(box).canonicalText == #"{"detail":{},"list":[]}"#)
    let more = Array(#"{"detail":{},"list":[],"later":1}"#.utf8)
    #expect(try CanonicalJSON.decode(Box.self, from: more) == box)
  }

  @Test("maps have their keys as members: texts, numbers and names alike, sorted by their bytes")
  func maps() throws {
    #expect(
      try CanonicalJSON.encode(["é": 1, "z": 2, "Z": 3]).canonicalText == #"{"Z":3,"z":2,"é":1}"#)
    #expect(try CanonicalJSON.encode([10: "a", 9: "b"]).canonicalText == #"{"10":"a","9":"b"}"#)
    #expect(try CanonicalJSON.encode([HostName("b"): 1]).canonicalText == #"{"b":1}"#)
    #expect(try Self.comesBack([10: "a", 9: "b"]))
    #expect(try Self.comesBack([HostName("b"): [HostName("c"): true]]))
  }

  @Test("a number that does not fit its type is an error that says where")
  func overflow() throws {
    #expect(throws: DecodingError.self) {
      try CanonicalJSON.decode(UInt8.self, from: .integer(256))
    }
    #expect(throws: EncodingError.self) { try CanonicalJSON.encode(UInt64.max) }
    do {
      _ = try CanonicalJSON.decode([String: [UInt8]].self, from: ["a": [1, -1]])
      Issue.record("-1 was read as a byte")
    } catch let error as DecodingError { #expect(error.brief.hasPrefix("a.1: ")) }
  }

  @Test("sixty-four levels are read, one more is refused")
  func depth() throws {
    func text(_ levels: Int) -> [UInt8] {
      Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
    }
    #expect(try JSONValue.parse(text(64)).canonicalBytes() == text(64))
    #expect(throws: JSONError.self) { try JSONValue.parse(text(65)) }
  }
}
