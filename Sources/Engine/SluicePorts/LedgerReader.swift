import SluiceLedger

/// Reads a ledger, the writer's own or a copy, without a lease. Creates nothing.
public protocol LedgerReader: Sendable {
  /// The ledger's place, for error messages.
  var place: String { get }

  /// The size in bytes, 0 without a file. A changed size means that lines were added or removed.
  func size() async throws(PortError) -> Int64

  /// The lines after a position, with sequence, chain and form checked.
  ///
  /// - Throws: `.altered` if the check fails, or if lines that were read before are gone.
  func lines(after position: LedgerPosition) async throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition
  )

  /// For a ledger that fails its check: the proven lines. Nil if the ledger is sound.
  func proven() async throws(PortError) -> [LedgerEntry]?

  /// The holder of the writer's lease, if any: a controller that is running.
  func holder() async -> String?
}
