import SluiceSystem

/// The ledger's demands of a disk. Two types conform: the real disk, and the simulator's, which
/// forgets, fills up and fails. Both pass the same suite (`LedgerStoreTests`).
public protocol LedgerDisk: Sendable {
  associatedtype File: LedgerDiskFile

  /// Nil when nothing is at the path.
  func status(of path: String) throws(SystemError) -> LedgerDiskStatus?
  /// ENOENT when it is missing.
  func read(_ path: String) throws(SystemError) -> [UInt8]
  /// Opens it for appending; ENOENT when it is missing and `create` is false. A new one is durable.
  func open(_ path: String, mode: UInt32, create: Bool) throws(SystemError) -> File
  /// As a whole, durably: what stood there, or the new bytes.
  func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemError)
  /// Gives a file a second name, durably, and leaves what has that name already. ENOENT when the file
  /// is missing.
  func keep(_ path: String, as second: String) throws(SystemError)
  /// Durable when it returns; nothing to do when it is there.
  func makeDirectory(_ path: String) throws(SystemError)
  func freeBytes(at directory: String) throws(SystemError) -> Int64
}

/// Identifies a file, and shows whether it was changed.
public struct LedgerDiskStatus: Sendable, Hashable {
  /// Differs when another file took the name.
  public var inode: UInt64
  /// Bytes.
  public var size: Int64
  /// When its bytes were last written, and when anything of it last changed: nanoseconds since 1970.
  /// The second one cannot be set by a program.
  public var modified: Int64
  public var changed: Int64
  /// How many names it has.
  public var links: Int

  public init(inode: UInt64, size: Int64, modified: Int64, changed: Int64, links: Int) {
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
    self.links = links
  }
}

/// A file that only grows at its end. After an append that failed it is as long as before; after a
/// `synchronize` that failed every later call throws the same error.
public protocol LedgerDiskFile: Sendable {
  /// Bytes.
  var length: Int64 { get }

  func append(_ bytes: [UInt8]) throws(SystemError)
  func synchronize() throws(SystemError)
  func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8]
  /// Brings the last bytes to the medium, also bytes whose sync failed for another process.
  func renew(last count: Int) throws(SystemError)
  /// Durable when it returns.
  func truncate(to length: Int64) throws(SystemError)
}

extension AppendFile: LedgerDiskFile {}

/// The disk of this machine.
public struct SystemDisk: LedgerDisk {
  public init() {}

  public func status(of path: String) throws(SystemError) -> LedgerDiskStatus? {
    try Files.status(of: path).map {
      LedgerDiskStatus(
        inode: $0.inode, size: $0.size, modified: $0.modifiedNanoseconds,
        changed: $0.changedNanoseconds, links: $0.linkCount)
    }
  }

  public func read(_ path: String) throws(SystemError) -> [UInt8] {
    try Files.read(path, limit: .max)
  }

  public func open(_ path: String, mode: UInt32, create: Bool) throws(SystemError) -> AppendFile {
    try AppendFile(path: path, mode: mode, create: create)
  }

  public func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
    try Files.replace(path, with: bytes, mode: mode)
  }

  public func keep(_ path: String, as second: String) throws(SystemError) {
    do throws(SystemError) { try Files.keep(path, as: second) } catch {
      if error.isPresent { return }
      guard !error.isMissing, !error.isOutOfSpace else { throw error }
      // A file system without second names keeps a copy.
      try Files.replace(second, with: try Files.read(path, limit: .max), mode: 0o640)
    }
  }

  public func makeDirectory(_ path: String) throws(SystemError) { try AuditDirectory.make(path) }

  public func freeBytes(at directory: String) throws(SystemError) -> Int64 {
    try Files.freeSpace(at: directory).freeBytes
  }
}
