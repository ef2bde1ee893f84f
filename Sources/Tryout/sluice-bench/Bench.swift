import SluiceCore
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSystem

/// Figures that are quoted, each a ratio to something measured in the same run.
@main
enum Bench {
  static func main() async {
    do {
      try await ledgerAppend(rounds: 300)
      try await balancerApply(rounds: 300)
    } catch {
      StandardStreams.write("sluice-bench: \(error)\n", toError: true)
      exit(1)
    }
  }

  /// One ledger line against a bare write and fsync of as many bytes, in turn, on the same disk.
  static func ledgerAppend(rounds: Int) async throws {
    let directory = "/var/tmp/sluice-bench-\(Randomness.hexadecimal(bytes: 4))"
    try Files.makeDirectory(directory, mode: 0o700)
    defer { try? Files.removeTree(directory) }
    let ledger = LedgerFile(path: "\(directory)/promotions.jsonl")
    let bare = try AppendFile(path: "\(directory)/bare")
    var ledgerTimes: [UInt64] = []
    var bareTimes: [UInt64] = []
    let line = [UInt8](repeating: 65, count: try await lineSize(ledger))
    for _ in 0..<rounds {
      ledgerTimes.append(
        try await time { _ = try await ledger.append([draft], mayUseReserve: false) })
      bareTimes.append(
        try await time {
          try bare.append(line)
          try bare.synchronize()
        })
    }
    let (ours, theirs) = (median(ledgerTimes), median(bareTimes))
    report(
      "ledger append (\(line.count) B, fsync, read back)", ours, "bare write + fsync", theirs)
  }

  private static let draft = LedgerDraft(
    actor: "ana", detail: .object(["note": .string(String(repeating: "x", count: 60))]),
    epoch: Epoch(1), from: "v1.4.1", kind: .other("bench"),
    moment: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "bench"), operation: "",
    probeDigest: "", promotion: "", step: -1, ticket: "OPS-1", to: "v1.4.2", weights: [:])

  private static func lineSize(_ ledger: LedgerFile) async throws -> Int {
    let entries = try await ledger.append([draft], mayUseReserve: false)
    return try LedgerLine(entries[0]).bytes.count + 1
  }

  static func time(_ body: () async throws -> Void) async throws -> UInt64 {
    let began = SystemClock.monotonicNanoseconds()
    try await body()
    return SystemClock.monotonicNanoseconds() - began
  }

  static func median(_ values: [UInt64]) -> UInt64 { values.sorted()[values.count / 2] }

  static func report(_ name: String, _ ours: UInt64, _ other: String, _ theirs: UInt64) {
    let hundredths = theirs * 100 / max(1, ours)
    let ratio = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    StandardStreams.write(
      "\(name): median \(ours / 1_000) µs; \(other): \(theirs / 1_000) µs; \(ratio) × as fast\n",
      toError: false)
  }
}
