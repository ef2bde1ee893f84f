import SluiceCrypto
import SluiceJSON
import SluiceLedger
import Testing

@Suite("Ledgers that another program wrote")
struct VectorTests {
  enum Verdict: Sendable, Equatable {
    case accepted(lines: Int, torn: Int)
    case refused(line: Int)
  }

  static func verdict(_ name: String) throws -> Verdict {
    let bytes = try Vectors.modernized(name)
    do throws(LedgerFault) {
      let contents = try LedgerChain.read(bytes)
      return .accepted(lines: contents.lines.count, torn: contents.torn.count)
    } catch { return .refused(line: error.line) }
  }

  @Test("prev is the RFC 6962 leaf hash of the line before, as the other program computes it")
  func leafHashes() throws {
    let lines = try Vectors.lines()
    let hashes = try Vectors.lines("leaf_hashes.txt").map { String(decoding: $0, as: UTF8.self) }
    #expect(lines.count == 300)
    var head = LedgerChain.firstPrevious
    for (line, hash) in zip(lines, hashes) {
      #expect(try JSONValue.parse(line)["prev"]?.text == head)
      #expect(SHA256Digest.hex([0] + line) == hash)
      head = hash
    }
  }

  @Test(
    "tampering is named by its line where the chain can see it",
    arguments: [
      ("line_altered", 8), ("line_altered_rechained", 8), ("line_removed", 6), ("lines_swapped", 5),
      ("line_inserted", 7),
      ("crlf", 1), ("bom", 1), ("garbage_complete_line", 21), ("duplicate_key_line", 21),
      ("nul_line", 21), ("bitflip_in_checkpointed_line", 10),
    ])
  func tampered(name: String, line: Int) throws {
    #expect(try Self.verdict(name) == .refused(line: line))
  }

  @Test(
    "whole lines are kept, and only what follows the last line feed is torn",
    arguments: [
      ("intact", 20, 0), ("empty_file", 0, 0), ("extra_complete_line", 21, 0),
      ("torn_tail_after_checkpoint", 20, 57), ("torn_first_byte", 20, 1),
      ("torn_all_but_lf", 20, 383), ("two_complete_one_torn", 22, 3),
      ("nul_tail_without_lf", 20, 200), ("no_checkpoint_yet_torn", 0, 6),
    ])
  func recovered(name: String, lines: Int, torn: Int) throws {
    #expect(try Self.verdict(name) == .accepted(lines: lines, torn: torn))
  }

  /// The other program refuses these by their checkpoint. The day that Sluice has checkpoints, this
  /// test fails and they move up.
  @Test(
    "a history that is cut short passes the chain",
    arguments: [
      ("truncated", 15, 0), ("rolled_back_log_and_checkpoint", 12, 0),
      ("lost_checkpointed_line", 19, 0), ("torn_checkpointed_line", 19, 351),
      ("last_byte_lost", 19, 390),
    ])
  func needCheckpoint(name: String, lines: Int, torn: Int) throws {
    #expect(try Self.verdict(name) == .accepted(lines: lines, torn: torn))
  }
}
