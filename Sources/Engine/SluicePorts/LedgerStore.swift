import SluiceCore
import SluiceLedger

/// Where the ledger's lines are kept, and who may write them.
public protocol LedgerStore: Sendable {
  /// All lines, checked: sequence, chain, form. Needs no lease.
  func read() async throws(PortError) -> [LedgerEntry]

  /// Appends lines in one durable motion: written, synchronized, read back and hashed, or none of
  /// them. Fills in `n` and `prev`. Needs the lease; draws on the reserve when the disk is full and
  /// `mayUseReserve` is set (a rollback must always be recordable).
  func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) async throws(PortError) -> [LedgerEntry]
}

/// One writer at a time.
public protocol Lease: Sendable {
  /// Takes the lease or says who holds it (`.refused`). The caller then records a higher epoch.
  func acquire(note: String) async throws(PortError)
  func release() async
  /// Who holds it, if anybody.
  func holder() async -> String?
  /// Waits until the lease is lost although nobody released it, and says why; nil when the wait was
  /// cancelled, and at once where a lease cannot be lost.
  func loss() async -> PortError?
}

extension Lease {
  /// A lock that the kernel holds lasts as long as its process.
  public func loss() async -> PortError? { nil }
}

/// The archived good state beside the ledger, and plans that were read but not run yet.
///
/// A name is one component of a path, and not a hidden one: those are files half written. Any other is
/// `.refused`.
public protocol Archive: Sendable {
  func write(_ name: String, _ bytes: [UInt8]) async throws(PortError)
  func read(_ name: String) async throws(PortError) -> [UInt8]?
}

extension Archive {
  public static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.utf8.contains(0) && !name.contains("/") && !name.hasPrefix(".")
  }
}
