import SluiceCore
import SluiceLedger

/// Keeps the ledger's lines and writes new ones.
public protocol LedgerStore: Sendable {
  /// All lines, with sequence, chain and form checked. Needs no lease. The first append continues
  /// from these lines.
  func read() async throws(PortError) -> [LedgerEntry]

  /// Appends lines as one durable write (written, synchronized, read back and hashed), or none of
  /// them. Sets `n` and `prev`. Needs the lease. Uses the reserve if the disk is full and
  /// `mayUseReserve` is set, because a rollback must always be recordable.
  ///
  /// - Throws: `.altered` if lines that this store read or wrote are gone or changed.
  func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) async throws(PortError) -> [LedgerEntry]
}

/// Admits one writer at a time.
public protocol Lease: Sendable {
  /// Takes the lease, or throws `.refused` with its holder. The caller then records a higher epoch.
  func acquire(note: String) async throws(PortError)
  func release() async
  /// The holder of the lease, if any.
  func holder() async -> String?
  /// Waits until the lease is lost without a release, and returns the cause; nil after
  /// cancellation, and immediately for a lease that cannot be lost.
  func loss() async -> PortError?
}

extension Lease {
  /// A kernel lock lasts as long as its process.
  public func loss() async -> PortError? { nil }
}

/// The archived good state beside the ledger, and plans that have not run yet.
///
/// A name is one path component. Hidden names are refused (`.refused`), because they are
/// half-written files.
public protocol Archive: Sendable {
  func write(_ name: String, _ bytes: [UInt8]) async throws(PortError)
  func read(_ name: String) async throws(PortError) -> [UInt8]?
}

extension Archive {
  public static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.utf8.contains(0) && !name.contains("/") && !name.hasPrefix(".")
  }
}
