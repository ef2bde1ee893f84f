import SluiceSystem

/// What the ledger asks of a disk. There is a real one and, for the simulator, one that forgets,
/// fills up and fails; both keep the same suite (`JournalTests`).
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
  /// Durable when it returns; nothing to do when it is there.
  func makeDirectory(_ path: String) throws(SystemError)
  func freeBytes(at directory: String) throws(SystemError) -> Int64
}

public struct LedgerDiskStatus: Sendable, Hashable {
  /// Tells a file from another that came to its name.
  public var inode: UInt64
  public var size: Int64

  public init(inode: UInt64, size: Int64) {
    self.inode = inode
    self.size = size
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
  /// Brings the last bytes to the medium, whatever a sync that failed for somebody else left of them.
  func renew(last count: Int) throws(SystemError)
  /// Durable when it returns.
  func truncate(to length: Int64) throws(SystemError)
}

extension AppendFile: LedgerDiskFile {}

/// The disk of this machine.
public struct SystemDisk: LedgerDisk {
  public init() {}

  public func status(of path: String) throws(SystemError) -> LedgerDiskStatus? {
    try Files.status(of: path).map { LedgerDiskStatus(inode: $0.inode, size: $0.size) }
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

  public func makeDirectory(_ path: String) throws(SystemError) { try AuditDirectory.make(path) }

  public func freeBytes(at directory: String) throws(SystemError) -> Int64 {
    try Files.freeSpace(at: directory).freeBytes
  }
}
