import SluiceCore
import SluiceCrypto
import SluiceJSON
import SluiceLedger
import Testing

@Suite("The ledger's chain")
struct LedgerChainTests {
  static func draft(_ kind: String, epoch: Int64 = 1, weights: [String: Int] = [:]) -> LedgerDraft {
    LedgerDraft(
      actor: "ana", detail: ["note": "Grüße, \u{1B}[31mESC"], epoch: Epoch(epoch), from: "v1.4.1",
      kind: LedgerKind(rawValue: kind),
      moment: Moment(
        wallMilliseconds: 1_795_482_478_120, monotonicMilliseconds: 99, boot: "b"),
      operation: "", probeDigest: "", promotion: "", step: -1, ticket: "OPS-311", to: "v1.4.2",
      weights: weights)
  }

  static func file(_ count: Int) throws -> [UInt8] {
    let drafts = (0..<count).map { draft("test.\($0)") }
    return try LedgerChain().extend(with: drafts).flatMap { $0.bytes + [UInt8(ascii: "\n")] }
  }

  @Test("what was written is read back")
  func roundTrip() throws {
    let contents = try LedgerChain.read(try Self.file(20))
    #expect(contents.lines.count == 20)
    #expect(contents.chain.count == 20)
    #expect(contents.torn.isEmpty)
    #expect(contents.lines[3].entry.kind == .other("test.3"))
    #expect(contents.lines[3].entry.moment?.wallMilliseconds == 1_795_482_478_120)
  }

  @Test("a line is one line, whatever stands in it")
  func noInjection() throws {
    let bytes = try Self.file(3)
    #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == 3)
    #expect(!bytes.contains(0x1B))
  }

  @Test("a torn tail of every length is told apart from the lines before it")
  func tornTails() throws {
    let whole = try Self.file(3)
    let lastStart = try Self.file(2).count
    for cut in lastStart..<whole.count {
      let contents = try LedgerChain.read(Array(whole[..<cut]))
      #expect(contents.lines.count == 2)
      #expect(contents.torn == Array(whole[lastStart..<cut]))
    }
  }

  @Test("a flipped bit anywhere before the last line is refused, whichever it is")
  func bitFlips() throws {
    let whole = try Self.file(3)
    let lastStart = try Self.file(2).count
    for index in 0..<lastStart {
      for bit in 0..<8 {
        var altered = whole
        altered[index] ^= 1 << bit
        #expect(throws: LedgerFault.self, "bit \(bit) of byte \(index)") {
          try LedgerChain.read(altered)
        }
      }
    }
  }

  /// Nothing vouches for the last line's contents yet: the next line does, or a checkpoint.
  @Test("a flipped bit in the last line is refused, tears it, or leaves another line in its form")
  func lastLineBitFlips() throws {
    let whole = try Self.file(2)
    let lastStart = try Self.file(1).count
    let line = try #require(try LedgerChain.read(whole).lines.last)
    for index in lastStart..<whole.count {
      for bit in 0..<8 {
        var altered = whole
        altered[index] ^= 1 << bit
        guard let contents = try? LedgerChain.read(altered) else { continue }
        if index == whole.count - 1 {
          #expect(contents.lines.count == 1)
          #expect(contents.torn.count == whole.count - lastStart)
        } else {
          let found = try #require(contents.lines.last)
          #expect(contents.torn.isEmpty)
          #expect(found.entry != line.entry)
          #expect(found.leafHash != line.leafHash)
          #expect(found.entry.n == 1)
          #expect(found.entry.previous == line.entry.previous)
          #expect(found.entry.epoch >= Epoch(1))
        }
      }
    }
  }

  @Test("a dropped, repeated or swapped line is named by its number")
  func reordered() throws {
    let lines = try LedgerChain().extend(with: (0..<5).map { Self.draft("test.\($0)") })
    func fault(_ order: [Int]) -> Int? {
      let bytes = order.flatMap { lines[$0].bytes + [UInt8(ascii: "\n")] }
      do {
        _ = try LedgerChain.read(bytes)
        return nil
      } catch { return error.line }
    }
    #expect(fault([0, 1, 2, 3, 4]) == nil)
    #expect(fault([0, 1, 3, 4]) == 3)
    #expect(fault([0, 0, 1]) == 2)
    #expect(fault([1, 0]) == 1)
    #expect(fault([0, 2, 1]) == 2)
  }

  @Test("a fault says which line does not fit, and why")
  func words() throws {
    let lines = try LedgerChain().extend(with: (0..<3).map { Self.draft("test.\($0)") })
    func fault(_ lines: [LedgerLine]) -> LedgerFault? {
      #expect(throws: LedgerFault.self) {
        try LedgerChain.read(lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] })
      }
    }
    func altered(_ line: LedgerLine, _ edit: (inout LedgerEntry) -> Void) throws -> LedgerLine {
      var entry = line.entry
      edit(&entry)
      return try LedgerLine(entry)
    }
    let first = fault([try altered(lines[0]) { $0.previous = lines[1].leafHash }])
    #expect(first?.line == 1 && first?.message == "the first line must name no line before it")
    let third = fault([lines[0], try altered(lines[1]) { $0.actor = "bo" }, lines[2]])
    #expect(third?.line == 3)
    #expect(
      third?.message
        == "line 2 is not the line that it was written after: one of the two was altered")
    let dropped = fault([lines[0], lines[2]])
    #expect(dropped?.message == "its n is 2, but 1 lines stand before it")
    let older = fault([lines[0], try altered(lines[1]) { $0.epoch = Epoch(0) }])
    #expect(older?.message == "its epoch 0 is lower than 1 before it")
  }

  @Test("an epoch never decreases")
  func epochs() throws {
    #expect(throws: LedgerFault.self) {
      try LedgerChain().extend(with: [
        Self.draft("a", epoch: 3), Self.draft("b", epoch: 2),
      ])
    }
  }

  @Test("weights add up to 10,000 or are absent")
  func weights() throws {
    _ = try LedgerChain().extend(with: [Self.draft("a", weights: ["x": 500, "y": 9_500])])
    #expect(throws: LedgerFault.self) {
      try LedgerChain().extend(with: [Self.draft("a", weights: ["x": 500, "y": 9_400])])
    }
    #expect(throws: LedgerFault.self) {
      try LedgerChain().extend(with: [Self.draft("a", weights: ["x": -1, "y": 10_001])])
    }
  }

  @Test("a line longer than an entry bundle can hold is refused")
  func tooLong() throws {
    var draft = Self.draft("a")
    draft.detail = ["note": .string(String(repeating: "x", count: 66_000))]
    #expect(throws: LedgerFault.self) { try LedgerChain().extend(with: [draft]) }
  }

  @Test(
    "numbers that no ledger holds are refused, not trapped on",
    arguments: [
      ("\"n\":0", "\"n\":9223372036854775807"), ("\"n\":0", "\"n\":-9223372036854775808"),
      ("\"v\":2", "\"v\":3"),
      ("\"v\":2", "\"v\":1"), ("line_sha256", "line_sha257"), ("\"tenants\":[],", ""),
      ("\"tenants\":[]", "\"tenants\":[\"b\",\"a\"]"),
      ("\"tenants\":[]", "\"tenants\":[\"a\",\"a\"]"), ("\"step\":-1", "\"step\":-2"),
      ("\"weights\":{}", "\"weights\":{\"a\":9223372036854775807,\"b\":9223372036854775807}"),
      ("\"weights\":{}", "\"weights\":{\"a\":-9223372036854775808,\"b\":-1}"),
      ("\"weights\":{}", "\"weights\":{\"a\":10000,\"b\":10000}"),
      ("2026-", "2026+"), ("\"detail\":{", "\"detail\":[{"), ("{\"actor\"", "{ \"actor\""),
      ("\"actor\":\"ana\",", ""), ("\"boot\"", "\"actor\":\"bo\",\"boot\""), ("}\n", "}\r\n"),
      ("}\n", "}\n\n"),
    ])
  func hostile(found: String, instead: String) throws {
    let text = String(decoding: try Self.file(1), as: UTF8.self)
    #expect(text.contains(found))
    let altered = text.replacing(found, with: instead, maxReplacements: 1)
    // With a digest that fits, or the digest would be all that is found wrong.
    #expect(throws: LedgerFault.self) { try LedgerChain.read(Self.sealed(Array(altered.utf8))) }
  }

  /// A file of one line whose `line_sha256` fits what it says; bytes that are no such line stay as
  /// they are.
  static func sealed(_ file: [UInt8]) -> [UInt8] {
    let body = Array(file.prefix { $0 != UInt8(ascii: "\n") })
    guard let value = try? JSONValue.parse(body), value.canonicalBytes() == body,
      case .object(var members) = value, members.removeValue(forKey: "line_sha256") != nil
    else { return file }
    let digest = SHA256Digest.hex(JSONValue.object(members).canonicalBytes())
    members["line_sha256"] = .string(digest)
    return JSONValue.object(members).canonicalBytes() + file.dropFirst(body.count)
  }

  @Test(
    "no single bit of a line turns over unnoticed, also in the last one, for which no line vouches")
  func bits() throws {
    var draft = Self.draft("a", weights: ["mac-a": 500, "mac-b": 9_500])
    draft.tenants = ["acme"]
    let line = try #require(try LedgerChain().extend(with: [draft]).first)
    for offset in line.bytes.indices {
      for bit in 0..<8 {
        var bytes = line.bytes
        bytes[offset] ^= 1 << UInt8(bit)
        #expect(throws: LedgerFault.self) { try LedgerLine(bytes: bytes, line: 1) }
      }
    }
  }

  @Test("a line whose digest is wrong still says what it claims")
  func claims() throws {
    let text = String(decoding: try Self.file(1), as: UTF8.self)
    let altered = Array(text.replacing("\"epoch\":1", with: "\"epoch\":9").utf8.dropLast())
    #expect(
      throws: LedgerFault(
        line: 1,
        "its line_sha256 is not the digest of the line: the line was altered, or its disk did not keep it"
      )
    ) {
      try LedgerLine(bytes: altered, line: 1)
    }
    #expect(LedgerLine.claim(in: altered)?.epoch == Epoch(9))
    #expect(LedgerLine.claim(in: Array("{}".utf8)) == nil)
  }

  @Test("a ledger of version 1 goes on in version 2")
  func earlierVersion() throws {
    var earlier = try #require(try LedgerChain.read(try Self.file(1)).lines.first).entry
    (earlier.v, earlier.tenants) = (1, nil)
    let first = try LedgerLine(earlier)
    #expect(!String(decoding: first.bytes, as: UTF8.self).contains("tenants"))
    var draft = Self.draft("a")
    draft.tenants = ["acme"]
    var chain = LedgerChain()
    try chain.take(first)
    let second = try #require(try chain.extend(with: [draft]).first)
    let read = try LedgerChain.read(first.bytes + [0x0A] + second.bytes + [0x0A])
    #expect(read.lines.map(\.entry.v) == [1, 2])
    #expect(read.lines.map(\.entry.tenants) == [nil, ["acme"]])
  }

  @Test("keys that a later version adds are kept and passed over")
  func unknownKeys() throws {
    let text = String(decoding: try Self.file(1), as: UTF8.self)
    let more = text.replacing("\"weights\":{}", with: "\"weights\":{},\"x\":[1]")
    let later = Self.sealed(Array(more.utf8))
    let contents = try LedgerChain.read(later)
    #expect(contents.lines[0].bytes == later.dropLast())
  }

  @Test("what could not be read back is not written: a detail that is nested too deep")
  func tooDeep() throws {
    func nested(_ levels: Int) -> LedgerDraft {
      var draft = Self.draft("a")
      draft.detail = (1..<levels).reduce([:]) { inner, _ in ["a": inner] }
      return draft
    }
    let deepest = try LedgerChain().extend(with: [nested(63)])
    #expect(try LedgerLine(bytes: deepest[0].bytes, line: 1) == deepest[0])
    #expect(throws: LedgerFault.self) { try LedgerChain().extend(with: [nested(64)]) }
  }

  @Test("the longest line has 65,535 bytes")
  func longest() throws {
    var draft = Self.draft("a")
    draft.detail = [:]
    draft.actor = ""
    let rest = try LedgerChain().extend(with: [draft])[0].bytes.count
    draft.actor = String(repeating: "x", count: 65_535 - rest)
    #expect(try LedgerChain().extend(with: [draft])[0].bytes.count == 65_535)
    draft.actor += "x"
    #expect(throws: LedgerFault.self) { try LedgerChain().extend(with: [draft]) }
  }
}
