import SluiceLedger

/// A ledger as anybody may read it, the writer's own or a copy of it: no lease is taken, and nothing is
/// created.
public protocol LedgerReader: Sendable {
  /// Where the ledger stands, as errors name it.
  var place: String { get }

  /// Bytes, 0 while there is none: another number says that lines were added, or taken away.
  func size() async throws(PortError) -> Int64

  /// The lines behind a position, checked: sequence, chain, form.
  ///
  /// - Throws: `.altered` when they do not add up, or lines that were read before are gone.
  func lines(after position: LedgerPosition) async throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition
  )

  /// Of a ledger that does not add up: the lines that are proven. Nil when nothing is wrong with it.
  func proven() async throws(PortError) -> [LedgerEntry]?

  /// Who holds the writer's lease, if anybody: whether a controller is at work.
  func holder() async -> String?
}
