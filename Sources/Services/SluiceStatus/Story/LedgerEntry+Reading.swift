import SluiceCore
import SluiceLedger

// The columns of a list of the ledger's lines.

extension LedgerEntry {
  /// Whether it tells of something that happened, and not only of a look or an intent.
  public var isDeed: Bool { kind != .evidence && !kind.isIntent && kind != .done(.wait) }

  public var severity: Severity {
    kind.isFailure || kind == .ended(.rolledBack) ? .bad : .plain
  }

  /// Basis points of new sessions that went to the canaries, as it was read back; nil before the first
  /// reading.
  public func canaryShare(in fleet: Fleet) -> Int? {
    guard !weights.isEmpty else { return nil }
    return fleet.canaries.reduce(0) { $0 + (weights[$1.name.rawValue] ?? 0) }
  }
}
