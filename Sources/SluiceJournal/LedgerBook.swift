import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceSystem

/// How far a ledger was read, and found whole.
public struct LedgerPosition: Sendable {
  fileprivate var chain = LedgerChain()
  fileprivate var length = 0
  /// Bytes of half a line behind it: left by a write that was cut off, or by one that goes on at
  /// this moment.
  public fileprivate(set) var tornBytes = 0

  public init() {}
}

/// `promotions.jsonl` on a disk (`DESIGN` §5, `facts` B): appended, synchronized, read back and
/// compared before anybody acts on it.
public struct LedgerBook<Disk: LedgerDisk>: Sendable {
  /// A file that is open for writing, as it was when we last wrote to it.
  private struct Writing {
    let file: Disk.File
    let inode: UInt64
    var chain: LedgerChain
  }

  private let path: String
  private let disk: Disk
  private let reserve: LedgerReserve<Disk>
  private var writing: Writing?
  /// Set once it is not known any more what is on the disk: from then on nothing is written.
  private var broken: PortError?
  /// Set until a line tells of it.
  private var untold: LedgerRecovery?
  /// What was cut off when the file was opened for writing, if anything.
  public private(set) var recovery: LedgerRecovery?

  /// - Parameter reserve: bytes that are kept beside it for a rollback on a full disk.
  public init(path: String, disk: Disk, reserve: Int = 1 << 20) {
    self.path = path
    self.disk = disk
    self.reserve = LedgerReserve(path: path + ".reserve", disk: disk, size: reserve)
  }

  /// A torn tail is no line: reading passes over it and leaves it where it is.
  public func read() throws(PortError) -> [LedgerEntry] {
    try read(after: LedgerPosition()).entries
  }

  /// The lines that came since: what was read and checked once is not read again.
  public func read(after known: LedgerPosition) throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition
  ) {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try disk.read(path) } catch {
      if error.isMissing, known.length == 0 { return ([], known) }
      throw PortError(
        .failed, "the ledger cannot be read: \(error)",
        remedy: "Check that \(path) may be read by the account that runs sluice.")
    }
    guard bytes.count >= known.length else { throw linesGone(known.chain) }
    let contents = try parse(bytes[known.length...], after: known.chain)
    var position = known
    position.chain = contents.chain
    position.length = bytes.count - contents.torn.count
    position.tornBytes = contents.torn.count
    return (contents.lines.map(\.entry), position)
  }

  /// After a torn tail was found, a `journal.recovered` line goes first, in the same motion; it is
  /// not among the returned. Throws `.fenced` when a line has a higher epoch than a draft, and
  /// `.unknown` when the lines may or may not be durable: then it refuses everything from there on.
  public mutating func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) throws(PortError)
    -> [LedgerEntry]
  {
    if let broken { throw broken }
    guard let first = drafts.first else { return [] }
    var writing = try current(mayUseReserve: mayUseReserve)
    let told = untold.map { [$0.draft(before: first)] } ?? []
    let lines = try extend(&writing.chain, with: told + drafts)
    let bytes = lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] }
    let offset = writing.file.length
    try write(bytes, to: writing.file, mayUseReserve: mayUseReserve)
    try confirm(bytes, at: offset, of: writing)
    self.writing = writing
    untold = nil
    reserve.refill()
    return lines.suffix(drafts.count).map(\.entry)
  }

  private func extend(_ chain: inout LedgerChain, with drafts: [LedgerDraft]) throws(PortError)
    -> [LedgerLine]
  {
    if let stale = drafts.first(where: { $0.epoch < chain.epoch }) {
      throw PortError(
        .fenced, "\(path) has epoch \(chain.epoch), this controller has \(stale.epoch)",
        remedy: "Another controller took over; see what it is doing:  sluice status --watch")
    }
    do throws(LedgerFault) {
      let lines = try chain.extend(with: drafts)
      for line in lines { try chain.take(line) }
      return lines
    } catch {
      throw PortError(
        .refused, "nothing was written to \(path): \(error)",
        remedy: "This is a fault of Sluice itself; please report it with this message.")
    }
  }

  // MARK: Writing

  private mutating func write(_ bytes: [UInt8], to file: Disk.File, mayUseReserve: Bool)
    throws(PortError)
  {
    do throws(SystemError) {
      try reserve.retry(isAllowed: mayUseReserve, bytes: bytes.count) { () throws(SystemError) in
        try file.append(bytes)
      }
    } catch {
      if error.isOutOfSpace { throw noSpace(for: "the ledger's next line") }
      throw giveUp(.failed, "the ledger cannot be written: \(error)")
    }
  }

  /// Once this returns, the lines are on the medium, whole, under the ledger's name.
  private mutating func confirm(_ bytes: [UInt8], at offset: Int64, of writing: Writing)
    throws(PortError)
  {
    let fault: String
    do throws(SystemError) {
      try writing.file.synchronize()
      if try writing.file.read(at: offset, count: bytes.count) != bytes {
        fault = "\(path) does not read back what was written to it"
      } else if try !isCurrent(writing) {
        fault = "\(path) was changed or replaced while it was written to"
      } else {
        return
      }
    } catch { fault = "\(error)" }
    throw giveUp(.unknown, "whether the ledger's last line is on disk is not certain: \(fault)")
  }

  /// After a failed sync the next one would say yes to pages that are gone (PostgreSQL, 2018).
  private mutating func giveUp(_ kind: PortError.Kind, _ message: String) -> PortError {
    let error = PortError(
      kind, message,
      remedy: "Nothing moves without the ledger. Check the disk, then:  sluice resume")
    broken = error
    return error
  }

  private func noSpace(for what: String) -> PortError {
    PortError(
      .outOfSpace, "there is no room for \(what) at \(path)",
      remedy: "Free some space, then:  sluice resume   A rollback works on a full disk:  "
        + "sluice rollback")
  }

  // MARK: Opening and recovery

  /// Whether the path still names the file that we write to, and nobody else wrote to it.
  private func isCurrent(_ writing: Writing) throws(SystemError) -> Bool {
    let status = try disk.status(of: path)
    return status?.inode == writing.inode && status?.size == writing.file.length
  }

  /// Between two leases of ours another controller may have gone on with the ledger: then it is read
  /// anew, and must go on from the last line that we know.
  private mutating func current(mayUseReserve: Bool) throws(PortError) -> Writing {
    do throws(SystemError) {
      if let writing, try isCurrent(writing) { return writing }
    } catch { throw openFault(error) }
    let known = writing?.chain ?? LedgerChain()
    let (file, inode, bytes) = try open(creates: known.count == 0)
    let contents = try parse(bytes[...])
    guard contents.goesOn(from: known) else { throw linesGone(known) }
    if !contents.torn.isEmpty {
      try setAside(contents, from: file, mayUseReserve: mayUseReserve)
    }
    try renew(file, mayUseReserve: mayUseReserve)
    let opened = Writing(file: file, inode: inode, chain: contents.chain)
    writing = opened
    reserve.refill()
    return opened
  }

  private func open(creates: Bool) throws(PortError) -> (Disk.File, inode: UInt64, [UInt8]) {
    do throws(SystemError) {
      try disk.makeDirectory(AuditDirectory.containing(path))
      let file = try disk.open(path, mode: 0o640, create: creates)
      let bytes = try disk.read(path)
      return (file, try disk.status(of: path)?.inode ?? 0, bytes)
    } catch { throw openFault(error) }
  }

  /// Whoever wrote last may have ended because a sync failed: its lines are read, and may be on no
  /// medium. Nobody goes on from them before they are.
  private func renew(_ file: Disk.File, mayUseReserve: Bool) throws(PortError) {
    do throws(SystemError) {
      try reserve.retry(isAllowed: mayUseReserve, bytes: Self.renewedBytes) {
        () throws(SystemError) in
        try file.renew(last: Self.renewedBytes)
      }
    } catch { throw openFault(error) }
  }

  /// No motion writes more than a few lines of 64 KiB.
  private static var renewedBytes: Int { 256 << 10 }

  /// Copies the torn tail to a file of its own, durably, and only then cuts it off.
  private mutating func setAside(
    _ contents: LedgerChain.Contents, from file: Disk.File, mayUseReserve: Bool
  ) throws(PortError) {
    let found = LedgerRecovery(
      torn: contents.torn, line: contents.lines.count + 1, ledger: path)
    do throws(SystemError) {
      try reserve.retry(isAllowed: mayUseReserve, bytes: found.tornBytes) {
        () throws(SystemError) in
        try disk.replace(found.keptAt, with: contents.torn, mode: 0o640)
      }
      try file.truncate(to: file.length - Int64(found.tornBytes))
    } catch {
      if error.isOutOfSpace { throw noSpace(for: "a copy of the ledger's torn last line") }
      throw giveUp(.failed, "the ledger's torn last line cannot be cut off: \(error)")
    }
    recovery = found
    untold = found
  }

  private func openFault(_ error: SystemError) -> PortError {
    if error.isOutOfSpace { return noSpace(for: "the ledger") }
    return PortError(
      .failed, "the ledger cannot be opened: \(error)",
      remedy: "Check that \(path) exists and belongs to the account that runs sluice.")
  }

  private func linesGone(_ known: LedgerChain) -> PortError {
    PortError(
      .failed, "\(path):\(known.count): this line is gone or is another than it was",
      remedy: "Sluice does not go on with it. Bring the file back from its copy, and keep both.")
  }

  private func parse(
    _ bytes: ArraySlice<UInt8>, after known: LedgerChain = LedgerChain()
  ) throws(PortError) -> LedgerChain.Contents {
    do throws(LedgerFault) { return try LedgerChain.read(bytes, after: known) } catch {
      throw PortError(
        .failed, "\(path):\(error.line): \(error.message)",
        remedy: "It was altered after it was written; Sluice does not go on with it. Compare it "
          + "with its copy, and keep both.")
    }
  }
}

extension LedgerChain.Contents {
  /// Whether the lines begin with those that the chain has taken.
  fileprivate func goesOn(from known: LedgerChain) -> Bool {
    let count = Int(known.count)
    guard count > 0 else { return true }
    return lines.count >= count && lines[count - 1].leafHash == known.head
  }
}
