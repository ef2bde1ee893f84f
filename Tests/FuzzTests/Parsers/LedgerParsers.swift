import SluiceCore
import SluiceJSON
import SluiceSimulator

@testable import SluiceLedger

/// The ledger, as lines and as what they say.
extension FuzzParser {
  static let ledgerLine = FuzzParser("ledger-line", maximumBytes: 2_048) { bytes in
    if let line = try? LedgerLine(bytes: bytes, line: 1) {
      try require(line.bytes == bytes, "a line has other bytes than were read")
      try require(LedgerLine.claim(in: bytes) == line.entry, "a line claims another entry")
    }
    // No fuzzer finds the digest of its own line: what the line says is tried without it.
    guard let entry = LedgerLine.claim(in: bytes) else { return }
    // A key that this version does not know stays in the bytes, and is no part of the entry.
    let written = try LedgerLine(entry)
    try require(written.entry == entry, "an entry is not what it would be written as")
    try require(written.leafHash.utf8.count == 64, "a line has no hash")
    try require(entry.moment != nil, "a line has no time")
    _ = try? Replay([entry])
  }

  static let ledgerFile = FuzzParser("ledger-file", maximumBytes: 2_048) { bytes in
    guard let contents = try? LedgerChain.read(bytes) else { return }
    let lines = contents.lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] }
    try require(lines + contents.torn == bytes, "bytes of a ledger are lost")
    try require(contents.chain.count == Int64(contents.lines.count), "a chain counts wrong")
    try require(
      (try? LedgerChain.read(lines))?.chain == contents.chain, "a torn tail changes the chain")
  }

  /// The events of a promotion, one a line as it stands in `detail`. The first byte chooses
  /// the plan; who replays a ledger takes what it says of numbers, names and orders.
  static let replay = FuzzParser(
    "replay", maximumBytes: 2_048,
    words: [
      "{\"leased\":{\"_0\":1}}\n", "{\"finished\":{\"_0\":\"p/1\",\"_1\":", "{\"asked\":{\"_0\":{",
      "{\"intended\":{\"_0\":", "{\"waited\":{}}", "{\"inspected\":{\"blockers\":[]}}",
    ]
  ) { bytes in
    guard let kind = bytes.first else { return }
    let id = PromotionID(rawValue: "p")
    var replay = Replay()
    func record(_ line: Int, _ event: PromotionEvent) -> Replay.Record {
      let at = Moment(
        wallMilliseconds: Int64(line) * 7_000, monotonicMilliseconds: Int64(line) * 7_000, boot: "b"
      )
      return Replay.Record(
        line: line, promotion: id, actor: "kim", ticket: "OPS-1", epoch: Epoch(1), moment: at,
        event: event)
    }
    let plan = kind.isMultiple(of: 2) ? ExamplePlan.promote : ExamplePlan.revert
    try replay.take(record(0, .started(plan)))
    for (index, line) in bytes.dropFirst().split(separator: UInt8(ascii: "\n")).enumerated() {
      guard
        let event = try? CanonicalJSON.decode(PromotionEvent.self, from: Array(line)),
        (try? replay.take(record(index + 1, event))) != nil, let promotion = replay.promotion
      else { continue }
      let draft = try Recording.draft(
        event, of: promotion, actor: "kim", ticket: "OPS-1", epoch: Epoch(1),
        at: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b"))
      try require(
        (try? CanonicalJSON.decode(PromotionEvent.self, from: draft.detail)) == event,
        "an event reads as another one")
    }
  }
}

/// Plans of the fleet of three.
enum ExamplePlan {
  static let promote = FrozenPlan(plan(.promote))
  static let revert = FrozenPlan(plan(.revert))

  private static func plan(_ purpose: Plan.Purpose) -> Plan {
    let (from, to) = (ExampleFleet.release("1.4.1"), ExampleFleet.release("1.4.2"))
    let fleet = ExampleFleet.fleet()
    let good = purpose == .promote ? from : to
    var hosts: [HostName: Snapshot.Host] = [:]
    for host in fleet.hosts {
      hosts[host.name] = Snapshot.Host(
        marker: good.marker, links: Links(current: good.marker.version, next: nil),
        fingerprint: .zero, probeDigest: .zero)
    }
    return Plan(
      purpose: purpose, from: from, to: to, fleet: fleet,
      snapshot: Snapshot(
        release: good, weights: Weights(share: .zero, pinEpoch: 1, generation: 1), hosts: hosts),
      madeAtMilliseconds: 0)
  }
}
