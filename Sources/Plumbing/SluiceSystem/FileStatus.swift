/// The result of `lstat(2)` for a path: of a link, the link itself.
public struct FileStatus: Sendable, Equatable {
  public enum Kind: Sendable, Equatable { case regular, directory, link, other }

  public let kind: Kind
  /// Bytes.
  public let size: Int64
  /// The permission bits, including set-user-ID, set-group-ID and sticky (`0o7777`).
  public let mode: UInt32
  public let inode: UInt64
  public let device: UInt64
  public let linkCount: Int
  /// User ID.
  public let owner: UInt32
  /// Group ID.
  public let group: UInt32
  /// Bytes that the file takes on its disk.
  public let allocatedBytes: Int64
  /// When its bytes were last written: nanoseconds since 1970.
  public let modifiedNanoseconds: Int64
  /// When anything of it, also its mode or name, last changed: nanoseconds since 1970.
  public let changedNanoseconds: Int64

  init(_ raw: stat) {
    switch raw.st_mode & mode_t(S_IFMT) {
    case mode_t(S_IFREG): kind = .regular
    case mode_t(S_IFDIR): kind = .directory
    case mode_t(S_IFLNK): kind = .link
    default: kind = .other
    }
    size = Int64(raw.st_size)
    mode = UInt32(raw.st_mode) & 0o7777
    inode = UInt64(raw.st_ino)
    device = UInt64(truncatingIfNeeded: raw.st_dev)
    linkCount = Int(raw.st_nlink)
    owner = raw.st_uid
    group = raw.st_gid
    allocatedBytes = Int64(raw.st_blocks) * 512
    let (modified, changed) = (raw.modified, raw.changed)
    changedNanoseconds = Int64(changed.tv_sec) &* 1_000_000_000 &+ Int64(changed.tv_nsec)
    modifiedNanoseconds = Int64(modified.tv_sec) &* 1_000_000_000 &+ Int64(modified.tv_nsec)
  }

  /// Milliseconds since 1970.
  public var modifiedMilliseconds: Int64 { modifiedNanoseconds / 1_000_000 }

  /// Of an open file.
  init(of descriptor: Int32, path: String) throws(SystemError) {
    var raw = stat()
    try check("fstat", path) { fstat(descriptor, &raw) }
    self.init(raw)
  }

  /// Whether both are the same file, whatever they are called.
  func isSameFile(as other: FileStatus) -> Bool {
    inode == other.inode && device == other.device
  }
}
