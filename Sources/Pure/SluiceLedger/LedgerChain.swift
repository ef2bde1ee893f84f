import SluiceCore

/// The chain of lines: each line contains the hash of the line before, so that no line can be
/// altered, removed or inserted without a mismatch at the next one.
public struct LedgerChain: Sendable, Hashable {
  public static let firstPrevious = String(repeating: "0", count: 64)

  /// The number of lines, which is the index of the next one.
  public private(set) var count: Int64 = 0
  /// The leaf hash of the last line.
  public private(set) var head = LedgerChain.firstPrevious
  /// The highest epoch in any line.
  public private(set) var epoch = Epoch(0)

  public init() {}

  /// Takes the next line as read.
  public mutating func take(_ line: LedgerLine) throws(LedgerFault) {
    let number = Int(count) + 1
    guard line.entry.n == count else {
      throw LedgerFault(
        line: number, "its n is \(line.entry.n), but \(count) lines stand before it")
    }
    guard line.entry.previous == head else {
      throw LedgerFault(
        line: number,
        count == 0
          ? "the first line must name no line before it"
          : "line \(number - 1) is not the line that it was written after: one of the two was altered"
      )
    }
    guard line.entry.epoch >= epoch else {
      throw LedgerFault(
        line: number, "its epoch \(line.entry.epoch) is lower than \(epoch) before it")
    }
    count += 1
    head = line.leafHash
    epoch = line.entry.epoch
  }

  /// The drafts as lines after the last one. The chain itself is unchanged until `take`.
  public func extend(with drafts: [LedgerDraft]) throws(LedgerFault) -> [LedgerLine] {
    var chain = self
    var lines: [LedgerLine] = []
    for draft in drafts {
      let line = try LedgerLine(draft.entry(n: chain.count, previous: chain.head))
      try chain.take(line)
      lines.append(line)
    }
    return lines
  }

  /// The content of a file.
  public struct Contents: Sendable, Hashable {
    public let lines: [LedgerLine]
    public let chain: LedgerChain
    /// The bytes after the last line feed.
    public let torn: [UInt8]
  }

  /// Reads a whole file and checks every line that ends in a line feed. The bytes after the last
  /// line feed are the torn tail of an interrupted write and are returned separately.
  ///
  /// - Parameter known: the chain of the lines before the first byte; empty for a whole file.
  public static func read(
    _ bytes: ArraySlice<UInt8>, after known: LedgerChain = LedgerChain()
  ) throws(LedgerFault) -> Contents {
    var chain = known
    var lines: [LedgerLine] = []
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = try LedgerLine(bytes: Array(bytes[start..<end]), line: Int(chain.count) + 1)
      try chain.take(line)
      lines.append(line)
      start = end + 1
    }
    return Contents(lines: lines, chain: chain, torn: Array(bytes[start...]))
  }

  public static func read(_ bytes: [UInt8]) throws(LedgerFault) -> Contents {
    try read(bytes[...])
  }
}

extension LedgerDraft {
  func entry(n: Int64, previous: String) -> LedgerEntry {
    LedgerEntry(
      account: account, actor: actor, boot: moment.boot, detail: detail, epoch: epoch, from: from,
      kind: kind,
      monotonicMilliseconds: moment.monotonicMilliseconds, n: n, operation: operation,
      previous: previous, probeDigest: probeDigest, promotion: promotion, step: step,
      tenants: tenants, ticket: ticket, to: to, timestamp: Timestamp.text(moment.wallMilliseconds),
      v: LedgerEntry.version, weights: weights)
  }
}

extension LedgerEntry {
  /// When the line was written; nil if `ts` is not a valid time.
  public var moment: Moment? {
    Timestamp.milliseconds(timestamp).map {
      Moment(
        wallMilliseconds: $0, monotonicMilliseconds: monotonicMilliseconds, boot: boot)
    }
  }
}
