/// How far a ledger was read and checked, so that no line is read twice.
public struct LedgerPosition: Sendable {
  /// The chain of the lines read.
  public var chain = LedgerChain()
  /// The number of bytes in those lines.
  public var length = 0
  /// The number of bytes in a torn line after them, left by an interrupted write or one still in
  /// progress.
  public var tornBytes = 0

  /// The leaf hash of the last line that was read.
  public var head: String { chain.head }

  public init() {}
}
