import SluiceSystem

/// Reserved space beside the ledger, so that a rollback can be recorded on a full disk.
///
/// This reserve differs from `SpaceReserve`: it gives back piece by piece, is filled up again by
/// appending, and uses the ledger's disk port, so that a test can fill the disk.
struct LedgerReserve<Disk: LedgerDisk>: Sendable {
  /// The reserve is given back in pieces, because another writer on the disk may take the free
  /// space first.
  static var piece: Int { 64 << 10 }

  let path: String
  let disk: Disk
  let size: Int

  /// Fills it up again when it is short and the disk has room for it twice over. Without that room
  /// there is none; the next append tries again.
  func refill() {
    guard let status = try? disk.status(of: path) else { return fill(from: 0) }
    if status.size < size { fill(from: Int(status.size)) }
  }

  /// Runs the body again with more and more of the reserve given back, for as long as it finds no
  /// space and there is some of it left.
  func retry<Result>(
    isAllowed: Bool, bytes: Int, _ body: () throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    while true {
      do throws(SystemError) { return try body() } catch {
        guard isAllowed, error.isOutOfSpace, giveBack(max(bytes, Self.piece)) else { throw error }
      }
    }
  }

  private func fill(from present: Int) {
    guard let freeBytes = try? disk.freeBytes(at: AuditDirectory.containing(path)),
      freeBytes >= 2 * Int64(size),
      let file = try? disk.open(path, mode: 0o600, create: true)
    else { return }
    try? file.append(Array(Ballast.bytes(size - present)))
    try? file.synchronize()
  }

  /// False when nothing is left of it.
  private func giveBack(_ bytes: Int) -> Bool {
    guard let status = try? disk.status(of: path), status.size > 0,
      let file = try? disk.open(path, mode: 0o600, create: false)
    else { return false }
    return (try? file.truncate(to: max(0, status.size - Int64(bytes)))) != nil
  }
}
