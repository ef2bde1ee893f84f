/// How far somebody has read a ledger: what was read and checked once is not read again.
public struct LedgerPosition: Sendable {
  /// Of the lines up to here.
  public var chain = LedgerChain()
  /// Their bytes.
  public var length = 0
  /// Bytes of half a line behind them: left by a write that was cut off, or by one that goes on at
  /// this moment.
  public var tornBytes = 0

  /// Leaf hash of the last line that was read.
  public var head: String { chain.head }

  public init() {}
}
