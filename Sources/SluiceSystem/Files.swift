import CSluiceSystem

/// What a path names, without following it.
public struct FileStatus: Sendable, Hashable {
  public enum Kind: Sendable, Hashable { case regular, directory, link, other }

  public let kind: Kind
  public let size: Int64
  /// Permission bits.
  public let mode: UInt32
  public let inode: UInt64
  public let device: UInt64
  public let linkCount: Int
  public let owner: UInt32
  /// Wall clock, milliseconds since 1970.
  public let modifiedMilliseconds: Int64

  init(_ raw: stat) {
    switch raw.st_mode & S_IFMT {
    case S_IFREG: kind = .regular
    case S_IFDIR: kind = .directory
    case S_IFLNK: kind = .link
    default: kind = .other
    }
    size = Int64(raw.st_size)
    mode = UInt32(raw.st_mode) & 0o7777
    inode = UInt64(raw.st_ino)
    device = UInt64(truncatingIfNeeded: raw.st_dev)
    linkCount = Int(raw.st_nlink)
    owner = raw.st_uid
    #if os(macOS)
      let modified = raw.st_mtimespec
    #else
      let modified = raw.st_mtim
    #endif
    modifiedMilliseconds = Int64(modified.tv_sec) * 1_000 + Int64(modified.tv_nsec) / 1_000_000
  }
}

/// Files and directories. Nothing here follows a link at the end of a path.
public enum Files {
  /// Nil when there is nothing at the path.
  public static func status(of path: String) throws(SystemError) -> FileStatus? {
    var raw = stat()
    if lstat(path, &raw) == 0 { return FileStatus(raw) }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw .last("lstat", path)
  }

  /// A whole regular file; `EFBIG` when it is larger than `limit` bytes.
  public static func read(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> [UInt8] {
    let fd = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    defer { close(fd) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glue.read(fd, &chunk)
      if count < 0 {
        if errno == EINTR { continue }
        throw .last("read", path)
      }
      if count == 0 { return result }
      result += chunk[..<count]
      if result.count > limit { throw SystemError("read", code: EFBIG, path: path) }
    }
  }

  /// A whole text file; `EILSEQ` when it is not UTF-8.
  public static func readText(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> String {
    guard let text = String(validating: try read(path, limit: limit), as: UTF8.self) else {
      throw SystemError("read", code: EILSEQ, path: path)
    }
    return text
  }

  /// Creates a file; `EEXIST` when there is something at the path.
  public static func create(_ path: String, with bytes: [UInt8], mode: UInt32)
    throws(SystemError)
  {
    let fd = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
    defer { close(fd) }
    do {
      try Descriptor.writeAll(fd, bytes, path: path)
      _ = try Descriptor.synchronize(fd, path: path)
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Readers see the old file or the new one, never a part, also after a loss of power.
  public static func replace(
    _ path: String, with bytes: [UInt8], mode: UInt32 = 0o644, durable: Bool = true
  ) throws(SystemError) {
    let temporary = "\(directory(of: path))/.\(name(of: path)).\(Randomness.hexadecimal(bytes: 6))"
    let fd = try Descriptor.open(
      temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
    do {
      defer { close(fd) }
      try Descriptor.writeAll(fd, bytes, path: temporary)
      if durable { _ = try Descriptor.synchronize(fd, path: temporary) }
    } catch {
      unlink(temporary)
      throw error
    }
    do { try rename(temporary, to: path) } catch {
      unlink(temporary)
      throw error
    }
    if durable { try synchronizeDirectory(directory(of: path)) }
  }

  /// Sorted by bytes, without `.` and `..`.
  public static func names(in path: String) throws(SystemError) -> [String] {
    guard let stream = opendir(path) else { throw .last("opendir", path) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// With parents; nothing to do when it is there.
  public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    if mkdir(path, mode_t(mode)) == 0 { return }
    if errno == EEXIST {
      guard try status(of: path)?.kind != .regular else { throw .last("mkdir", path) }
      return
    }
    guard errno == ENOENT, path.contains("/") else { throw .last("mkdir", path) }
    try makeDirectory(directory(of: path), mode: mode)
    if mkdir(path, mode_t(mode)) != 0, errno != EEXIST { throw .last("mkdir", path) }
  }

  public static func removeFile(_ path: String) throws(SystemError) {
    if unlink(path) != 0 { throw .last("unlink", path) }
  }

  /// Follows no link, and gets into read-only directories too. Fine when there is nothing.
  public static func removeTree(_ path: String) throws(SystemError) {
    guard let found = try status(of: path) else { return }
    guard found.kind == .directory else { return try removeFile(path) }
    if found.mode & 0o700 != 0o700 { try setMode(path, 0o700) }
    for name in try names(in: path) { try removeTree("\(path)/\(name)") }
    if rmdir(path) != 0 { throw .last("rmdir", path) }
  }

  public static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
    if chmod(path, mode_t(mode)) != 0 { throw .last("chmod", path) }
  }

  /// `exclusive`: `EEXIST` instead of replacing what is there.
  public static func rename(_ from: String, to: String, exclusive: Bool = false)
    throws(SystemError)
  {
    let result = exclusive ? sluice_rename_exclusive(from, to) : Glue.rename(from, to)
    if result != 0 { throw .last("rename", to) }
  }

  /// Makes a rename or a new name in the directory survive a loss of power.
  public static func synchronizeDirectory(_ path: String) throws(SystemError) {
    let fd = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
    defer { close(fd) }
    if fsync(fd) != 0 { throw .last("fsync", path) }
  }

  public static func freeSpace(at path: String) throws(SystemError) -> (free: Int64, total: Int64) {
    var raw = statvfs()
    if statvfs(path, &raw) != 0 { throw .last("statvfs", path) }
    let unit = Int64(raw.f_frsize)
    return (Int64(raw.f_bavail) * unit, Int64(raw.f_blocks) * unit)
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }
}
