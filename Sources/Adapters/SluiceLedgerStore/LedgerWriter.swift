import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceSystem

/// `promotions.jsonl` on a disk (docs/formats.md): each line is appended, synchronized, read back
/// and compared before a caller acts on it.
///
/// The writer holds the whole ledger in memory, as it was written. Before and after each append it
/// checks, at constant cost, whether the file is unchanged. A changed file is kept under another
/// name, and the ledger continues in a new file.
public struct LedgerWriter<Disk: LedgerDisk>: Sendable {
  /// A file that is open for writing, as it was when we last wrote to it.
  struct Writing {
    let file: Disk.File
    var status: LedgerDiskStatus
  }

  let path: String
  let disk: Disk
  let reserve: LedgerReserve<Disk>
  /// The account that writes. Every line holds it beside the actor, which is only a typed name.
  let account: String?
  var writing: Writing?
  /// All bytes of the ledger, as this writer read them first and wrote them since. The first append
  /// continues from what was read, because the promotion was restored from those lines.
  var written: [UInt8] = []
  /// The chain of the lines in `written`.
  var chain = LedgerChain()
  /// Where the next check of old bytes begins, and where this round of checks ends. Lines that are
  /// written meanwhile belong to the next round, because otherwise a round would never end.
  private var lookedUpTo = 0
  private var lookEnd = 0
  /// Set once the content of the disk is unknown: then the writer writes nothing more.
  private var broken: PortError?
  /// Set until a line reports the recovery.
  var untold: LedgerRecovery?
  var untoldAlterations: [LedgerAlteration] = []
  /// The torn line that was cut off when the file was opened for writing, if any.
  public internal(set) var recovery: LedgerRecovery?

  /// Old bytes that each append looks at, one piece after the other.
  private static var lookBytes: Int { 16 << 10 }

  /// - Parameter reserve: bytes that are kept beside the ledger for a rollback on a full disk.
  public init(path: String, disk: Disk, reserve: Int = 1 << 20, account: String? = nil) {
    self.account = account
    self.path = path
    self.disk = disk
    self.reserve = LedgerReserve(path: path + ".reserve", disk: disk, size: reserve)
  }

  /// A torn tail is no line: reading skips the tail and leaves it in place.
  public mutating func read() throws(PortError) -> [LedgerEntry] {
    let (entries, position, bytes) = try readBytes(after: LedgerPosition())
    if writing == nil {
      written = Array(bytes.prefix(position.length))
      chain = position.chain
    }
    return entries
  }

  /// The new lines. Lines that were read and checked once are not read again.
  public func read(after known: LedgerPosition) throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition
  ) {
    let (entries, position, _) = try readBytes(after: known)
    return (entries, position)
  }

  private func readBytes(after known: LedgerPosition) throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition, bytes: [UInt8]
  ) {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try disk.read(path) } catch {
      if error.isMissing, known.length == 0 { return ([], known, []) }
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
    return (contents.lines.map(\.entry), position, bytes)
  }

  /// After a torn tail was found, a `journal.recovered` line goes first, and after a changed file a
  /// `journal.altered` line, in the same motion; they are not among the returned.
  ///
  /// - Throws: `.fenced` when a line has a higher epoch than a draft; `.altered` when the ledger
  ///   was changed: then nothing was written, and the next append goes into a new file; `.unknown`
  ///   when the lines may or may not be durable: then the writer refuses every later append.
  public mutating func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) throws(PortError)
    -> [LedgerEntry]
  {
    if let broken { throw broken }
    guard let first = drafts.first else { return [] }
    var writing = try current(for: first.epoch, mayUseReserve: mayUseReserve)
    let told =
      untoldAlterations.map { $0.draft(epoch: first.epoch, at: first.moment, actor: "sluice") }
      + (untold.map { [$0.draft(before: first)] } ?? [])
    let signed = (told + drafts).map { draft in
      var draft = draft
      draft.account = account
      return draft
    }
    var chain = chain
    let lines = try extend(&chain, with: signed)
    let bytes = lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] }
    let offset = writing.file.length
    try write(bytes, to: writing.file, mayUseReserve: mayUseReserve)
    writing.status = try confirm(bytes, at: offset, of: writing, epoch: first.epoch)
    self.writing = writing
    self.chain = chain
    written += bytes
    untold = nil
    untoldAlterations = []
    reserve.refill()
    return lines.suffix(drafts.count).map(\.entry)
  }

  private func extend(_ chain: inout LedgerChain, with drafts: [LedgerDraft]) throws(PortError)
    -> [LedgerLine]
  {
    if let stale = drafts.first(where: { $0.epoch < chain.epoch }) {
      throw fenced(chain.epoch, stale.epoch)
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
      guard error.isOutOfSpace else {
        throw giveUp(.failed, "the ledger cannot be written: \(error)")
      }
      // The attempt itself has changed the file's times.
      if let status = try? disk.status(of: path), status.inode == writing?.status.inode,
        status.size == file.length
      {
        writing?.status = status
      }
      throw noSpace(for: "the ledger's next line", isRollingBack: mayUseReserve)
    }
  }

  /// Once this returns, the lines are on the medium, whole, under the ledger's name, and the file is
  /// as it says.
  private mutating func confirm(
    _ bytes: [UInt8], at offset: Int64, of writing: Writing, epoch: Epoch
  ) throws(PortError) -> LedgerDiskStatus {
    var fault: String?
    do throws(SystemError) {
      try writing.file.synchronize()
      if try writing.file.read(at: offset, count: bytes.count) != bytes {
        fault = "\(path) does not read back what was written to it"
      } else if let status = try disk.status(of: path), status.inode == writing.status.inode,
        status.size == writing.file.length, try looksAsWritten(writing.file)
      {
        return status
      }
    } catch { fault = "\(error)" }
    if let fault {
      throw giveUp(
        .unknown, "whether the ledger's last line is on disk is not certain: \(fault)")
    }
    throw changed(epoch)
  }

  /// One piece of the old bytes against what was written: a change that left no other trace is found
  /// once its turn comes.
  private mutating func looksAsWritten(_ file: Disk.File) throws(SystemError) -> Bool {
    if lookedUpTo >= lookEnd { (lookedUpTo, lookEnd) = (0, written.count) }
    let start = lookedUpTo
    let end = min(lookEnd, start + Self.lookBytes)
    lookedUpTo = end
    return try file.read(at: Int64(start), count: end - start)[...] == written[start..<end]
  }

  /// After a failed sync the next one would say yes to pages that are gone (PostgreSQL, 2018).
  mutating func giveUp(_ kind: PortError.Kind, _ message: String) -> PortError {
    let error = PortError(
      kind, message,
      remedy: "Nothing moves without the ledger. Check the disk, then:  sluice resume")
    broken = error
    return error
  }

  // MARK: Errors

  func fenced(_ highest: Epoch, _ own: Epoch) -> PortError {
    PortError(
      .fenced, "\(path) has epoch \(highest), this controller has \(own)",
      remedy: "Another controller took over; see what it is doing:  sluice status --watch")
  }

  func noSpace(for what: String, isRollingBack: Bool) -> PortError {
    PortError(
      .outOfSpace, "there is no room for \(what) at \(path)",
      remedy: isRollingBack
        ? "The rollback cannot be recorded, so it stands still: share and hosts stay as they are. "
          + "Free 2 MB or more on the disk of \(AuditDirectory.containing(path)), then:  "
          + "sluice resume"
        : "Free some space, then:  sluice resume   A rollback works on a full disk:  "
          + "sluice rollback")
  }

  func openFault(_ error: SystemError, isRollingBack: Bool) -> PortError {
    if error.isOutOfSpace { return noSpace(for: "the ledger", isRollingBack: isRollingBack) }
    return PortError(
      .failed, "the ledger cannot be opened: \(error)",
      remedy: error.ownRemedy
        ?? "Check that \(path) exists and belongs to the account that runs sluice.")
  }

  func linesGone(_ known: LedgerChain) -> PortError {
    PortError(
      .altered, "\(path):\(known.count): this line is gone or is another than it was",
      remedy: "No promotion continues on this ledger. Roll back by the proven lines:  "
        + "sluice rollback   Or restore the file from its copy, and keep both.")
  }

  func parse(
    _ bytes: ArraySlice<UInt8>, after known: LedgerChain = LedgerChain()
  ) throws(PortError) -> LedgerChain.Contents {
    do throws(LedgerFault) { return try LedgerChain.read(bytes, after: known) } catch {
      throw PortError(
        .altered, "\(path):\(error.line): \(error.message)",
        remedy:
          "The line was changed after it was written. No promotion continues on this ledger. Roll "
          + "back by the proven lines:  sluice rollback   Or restore the file from its copy, and "
          + "keep both.")
    }
  }
}
