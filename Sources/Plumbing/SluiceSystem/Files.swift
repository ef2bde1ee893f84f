import CSluiceSystem

/// Files, directories and links. Nothing here follows a link in a path's last place unless it says
/// so; a path with a zero byte is refused with EINVAL.
public enum Files {
  /// The status of the path; nil when the path is free.
  public static func status(of path: String) throws(SystemError) -> FileStatus? {
    var raw = stat()
    do {
      try check("lstat", path) { lstat(path, &raw) }
    } catch {
      if error.isMissing || error.code == ENOTDIR { return nil }
      throw error
    }
    return FileStatus(raw)
  }

  /// A regular file's bytes.
  ///
  /// - Throws: EFBIG when there are more than `limit` bytes, ELOOP on a link (unless
  ///   `followingLink`), EISDIR on a directory, EINVAL on a device, a pipe or a socket.
  public static func read(
    _ path: String, limit: Int = 64 << 20, followingLink: Bool = false
  ) throws(SystemError) -> [UInt8] {
    // Non-blocking: opening a pipe without a writer must not hang.
    let flags = O_RDONLY | O_NONBLOCK | (followingLink ? 0 : O_NOFOLLOW)
    let file = try Descriptor(path, flags)
    let status = try FileStatus(of: file.raw, path: path)
    if status.kind == .directory { throw SystemError("read", code: EISDIR, path: path) }
    if status.kind != .regular { throw SystemError("read", code: EINVAL, path: path) }
    if status.size > Int64(limit) { throw SystemError("read", code: EFBIG, path: path) }
    return try readToEnd(file.raw, sizeHint: Int(status.size), limit: limit, path: path)
  }

  /// The first bytes of a file, at most so many.
  public static func readStart(of path: String, count: Int) throws(SystemError) -> [UInt8] {
    let file = try Descriptor(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try check("read", path) { SystemCalls.read(file.raw, &bytes) }
    return Array(bytes.prefix(read))
  }

  /// The last bytes of a regular file, at most so many.
  public static func readEnd(of path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let file = try Descriptor(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
    let status = try FileStatus(of: file.raw, path: path)
    if status.kind != .regular { throw SystemError("read", code: EINVAL, path: path) }
    try check("lseek", path) {
      lseek(file.raw, off_t(max(0, status.size - Int64(limit))), SEEK_SET)
    }
    // Also reads bytes that are appended meanwhile, up to the same amount again.
    return try readToEnd(file.raw, sizeHint: limit, limit: 2 * limit, path: path)
  }

  /// The size is only a hint: the kernel's own files say 0, and a log may grow meanwhile.
  static func readToEnd(
    _ descriptor: Int32, sizeHint: Int, limit: Int, path: String
  ) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(sizeHint + 1)
    var chunk = [UInt8](repeating: 0, count: min(max(sizeHint + 1, 4096), 1 << 20))
    while true {
      let count = try check("read", path) { SystemCalls.read(descriptor, &chunk) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > limit { throw SystemError("read", code: EFBIG, path: path) }
    }
  }

  /// A regular file's text.
  ///
  /// - Throws: as `read`, and EILSEQ when the bytes are not UTF-8.
  public static func readText(
    _ path: String, limit: Int = 64 << 20, followingLink: Bool = false
  ) throws(SystemError) -> String {
    let bytes = try read(path, limit: limit, followingLink: followingLink)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SystemError("read", code: EILSEQ, path: path)
    }
    return text
  }

  /// The names in a directory, sorted by their bytes, without `.` and `..`.
  ///
  /// - Throws: EILSEQ when a name is not UTF-8.
  public static func names(in directory: String) throws(SystemError) -> [String] {
    try names(of: try Descriptor(directory, O_RDONLY | O_DIRECTORY), path: directory)
  }

  static func names(
    of directory: borrowing Descriptor, path: String
  ) throws(SystemError) -> [String] {
    var names: [String] = []
    for name in try rawNames(of: directory.raw, path: path) {
      guard
        let text = String(validating: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      else {
        throw SystemError("readdir", code: EILSEQ, path: path)
      }
      names.append(text)
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Sets the permission bits of the path.
  ///
  /// - Throws: ELOOP on a link.
  public static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
    if try status(of: path)?.kind == .link {
      throw SystemError("chmod", code: ELOOP, path: path)
    }
    try check("chmod", path) { fchmodat(AT_FDCWD, path, mode_t(mode), AT_SYMLINK_NOFOLLOW) }
  }

  /// Makes each creation, rename and removal in the directory survive a loss of power.
  public static func synchronizeDirectory(_ path: String) throws(SystemError) {
    let directory = try Descriptor(path, O_RDONLY | O_DIRECTORY)
    try check("fsync", path) { sluice_synchronize(directory.raw) }
  }

  /// Room in the file system that holds the path, as far as an ordinary user may fill it.
  public static func freeSpace(
    at path: String
  ) throws(SystemError) -> (freeBytes: Int64, totalBytes: Int64) {
    var space = statvfs()
    try check("statvfs", path) { statvfs(path, &space) }
    let block = Int64(space.f_frsize)
    return (Int64(space.f_bavail) * block, Int64(space.f_blocks) * block)
  }

  /// The names in an open directory as C strings, each ended by a zero.
  static func rawNames(of directory: Int32, path: String) throws(SystemError) -> [[CChar]] {
    let copy = try check("dup", path) { fcntl(directory, F_DUPFD_CLOEXEC, 3) }
    guard let stream = fdopendir(copy) else {
      let code = errno
      _ = close(copy)
      throw SystemError("opendir", code: code, path: path)
    }
    defer { closedir(stream) }
    rewinddir(stream)
    var names: [[CChar]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee))
        {
          Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
        }
      }
      if name != [46, 0] && name != [46, 46, 0] { names.append(name) }
    }
    if errno != 0 { throw SystemError("readdir", code: errno, path: path) }
    return names
  }
}
