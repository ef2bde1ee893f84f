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
      kind: kind,
      moment: Moment(
        wallMilliseconds: 1_795_482_478_120, monotonicMilliseconds: 99, boot: "b"),
      operation: "", probeDigest: "", promotion: "", step: -1, ticket: "OPS-311", to: "v1.4.2",
      weights: weights)
  }

  static func file(_ count: Int) throws -> [UInt8] {
    let drafts = (0..<count).map { draft("test.\($0)") }
    return try LedgerChain().extend(with: drafts).flatMap { $0.bytes + [UInt8(ascii: "\n")] }
  }

  @Test("prev is the RFC 6962 leaf hash of the line before, as another program computes it")
  func vectors() throws {
    var head = LedgerChain.firstPrevious
    for line in try Vectors.lines() {
      #expect(try JSONValue.parse(line)["prev"]?.text == head)
      head = SHA256Digest.hex([0] + line)
    }
  }

  @Test("what was written is read back")
  func roundTrip() throws {
    let (lines, chain, torn) = try LedgerChain.read(try Self.file(20))
    #expect(lines.count == 20)
    #expect(chain.count == 20)
    #expect(torn.isEmpty)
    #expect(lines[3].entry.kind == "test.3")
    #expect(lines[3].entry.moment?.wallMilliseconds == 1_795_482_478_120)
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
      let (lines, _, torn) = try LedgerChain.read(Array(whole[..<cut]))
      #expect(lines.count == 2)
      #expect(torn.count == cut - lastStart)
    }
  }

  @Test("a flipped bit anywhere before the last line is refused; in the last line its form tells")
  func bitFlips() throws {
    let whole = try Self.file(4)
    let lastStart = try Self.file(3).count
    var unnoticed = 0
    for index in whole.indices {
      var altered = whole
      altered[index] ^= 0x01
      do {
        let (lines, _, torn) = try LedgerChain.read(altered)
        if index < lastStart {
          Issue.record("byte \(index) was altered unnoticed: \(lines.count) lines")
        } else if lines.count == 4, torn.isEmpty {
          unnoticed += 1
        }
      } catch { continue }
    }
    // Text of the last line can be altered until the checkpoint signs it.
    #expect(unnoticed < whole.count - lastStart)
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
    draft.detail = .string(String(repeating: "x", count: 66_000))
    #expect(throws: LedgerFault.self) { try LedgerChain().extend(with: [draft]) }
  }
}
