import SluiceCore
import SluiceCrypto
import SluiceLedger
import SluicePorts
import SluiceSystem

/// `promotions.jsonl` on this machine's disk (`DESIGN` §5, `facts` B): appended, synchronized, read
/// back and hashed before anybody acts on it.
public actor LedgerFile: LedgerStore {
  /// What recovery found when the file was opened for writing.
  public struct Recovery: Sendable, Hashable {
    /// Bytes of a line that was cut off, and where they were kept.
    public var tornBytes: Int
    public var keptAt: String
  }

  /// Room that is set aside so that a rollback can be recorded on a full disk, in bytes.
  public static let reserveBytes = 1 << 20

  private let path: String
  private var file: AppendFile?
  private var chain = LedgerChain()
  public private(set) var recovery: Recovery?

  public init(path: String) { self.path = path }

  private var reservePath: String { path + ".reserve" }

  public func read() throws(PortError) -> [LedgerEntry] {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try Files.read(path, limit: 1 << 30) } catch {
      if error.isMissing { return [] }
      throw PortError(.failed, "the ledger cannot be read: \(error)")
    }
    return try parse(bytes).lines.map(\.entry)
  }

  public func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) throws(PortError)
    -> [LedgerEntry]
  {
    let file = try open()
    let lines: [LedgerLine]
    do throws(LedgerFault) { lines = try chain.extend(with: drafts) } catch {
      throw PortError(.failed, "\(path): \(error)")
    }
    let bytes = lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] }
    let offset = file.length
    do throws(SystemError) {
      try file.append(bytes)
    } catch {
      guard error.isOutOfSpace, mayUseReserve else { throw appendFault(error) }
      try releaseReserve(thenAppend: bytes, to: file)
    }
    try synchronizeAndReadBack(bytes, at: offset, of: file)
    for line in lines { take(line) }
    makeReserve()
    return lines.map(\.entry)
  }

  /// The last line's place, for tests and for `audit`.
  public var head: String { chain.head }

  private func take(_ line: LedgerLine) {
    do { try chain.take(line) } catch { preconditionFailure("an extension of the chain: \(error)") }
  }

  private func synchronizeAndReadBack(_ bytes: [UInt8], at offset: Int64, of file: AppendFile)
    throws(PortError)
  {
    do throws(SystemError) {
      try file.synchronize()
      let found = try file.read(at: offset, count: bytes.count)
      guard SHA256Digest.hash(found) == SHA256Digest.hash(bytes) else {
        throw SystemError("read back", code: 5, path: path)
      }
    } catch {
      // Whether the line is durable is not known: nothing more is written by this process.
      file.close()
      throw PortError(
        .failed, "the ledger's line is not certain to be on disk: \(error)",
        remedy: "Check the disk, then go on by the ledger:  sluice resume")
    }
  }

  private func appendFault(_ error: SystemError) -> PortError {
    guard error.isOutOfSpace else {
      return PortError(
        .failed, "the ledger cannot be written: \(error)",
        remedy: "Nothing moves without it. Mend it, then:  sluice resume")
    }
    return PortError(
      .outOfSpace, "there is no room for the ledger's next line at \(path)",
      remedy: "Free some space, then:  sluice resume   A rollback works on a full disk:  "
        + "sluice rollback")
  }

  // MARK: Opening and recovery

  private func open() throws(PortError) -> AppendFile {
    if let file { return file }
    let (opened, bytes) = try openFile()
    let contents = try parse(bytes)
    if !contents.torn.isEmpty {
      do throws(SystemError) {
        recovery = try setAside(
          contents.torn, line: contents.lines.count + 1, whole: bytes.count, of: opened)
      } catch { throw openFault(error) }
    }
    chain = contents.chain
    file = opened
    makeReserve()
    return opened
  }

  private func openFile() throws(PortError) -> (AppendFile, [UInt8]) {
    do throws(SystemError) {
      try Files.makeDirectory(directory, mode: 0o750)
      return (try AppendFile(path: path), try Files.read(path, limit: 1 << 30))
    } catch { throw openFault(error) }
  }

  private func openFault(_ error: SystemError) -> PortError {
    PortError(
      .failed, "the ledger cannot be opened: \(error)",
      remedy: "Check that \(directory) exists and belongs to the account that runs sluice.")
  }

  private var directory: String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  /// A line exists exactly when its line feed does: the rest is kept aside and cut off.
  private func setAside(_ torn: [UInt8], line: Int, whole: Int, of file: AppendFile)
    throws(SystemError) -> Recovery
  {
    let kept = "\(path).torn-\(line)-\(SHA256Digest.hex(torn).prefix(8))"
    try Files.replace(kept, with: torn, mode: 0o640)
    try file.truncate(to: Int64(whole - torn.count))
    return Recovery(tornBytes: torn.count, keptAt: kept)
  }

  private func parse(_ bytes: [UInt8]) throws(PortError) -> (
    lines: [LedgerLine], chain: LedgerChain, torn: [UInt8]
  ) {
    do throws(LedgerFault) { return try LedgerChain.read(bytes) } catch {
      throw PortError(
        .failed, "\(path):\(error.line): \(error.message)",
        remedy: "It was altered after it was written; Sluice does not go on with it. Compare it "
          + "with its copy, and keep both.")
    }
  }

  // MARK: The reserve

  private func makeReserve() {
    guard (try? Files.status(of: reservePath)) == .some(nil) else { return }
    // Without room for it there is none: the next append tries again.
    try? Files.create(
      reservePath, with: [UInt8](repeating: 0, count: Self.reserveBytes), mode: 0o600)
  }

  private func releaseReserve(thenAppend bytes: [UInt8], to file: AppendFile) throws(PortError) {
    do throws(SystemError) {
      if try Files.status(of: reservePath) != nil { try Files.removeFile(reservePath) }
      try file.append(bytes)
    } catch { throw appendFault(error) }
  }
}
