extension Files {
  /// Makes the directory and those above it; fine when it is there already.
  ///
  /// - Parameter mode: Permission bits of the last directory when this makes it; the ones above get
  ///   0755 less the umask.
  /// - Throws: EEXIST when something else than a directory is there.
  public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    do {
      try check("mkdir", path) { mkdir(path, mode_t(mode)) }
    } catch {
      switch error.code {
      case ENOENT:
        let parent = SplitPath(path).directory
        if parent == path || path.isEmpty { throw error }
        try makeDirectory(parent, mode: 0o755)
        // Another maker may have been faster by now.
        return try makeDirectory(path, mode: mode)
      case EEXIST, EISDIR:
        if isDirectory(path) { return }
        throw error
      default: throw error
      }
    }
    // mkdir takes the umask off; what the caller asked for is meant.
    try check("chmod", path) { chmod(path, mode_t(mode)) }
  }

  /// Makes this one directory; of several that try, one does.
  ///
  /// - Returns: false when anything is there already.
  /// - Throws: ENOENT when the directory above it is missing.
  public static func claimDirectory(_ path: String, mode: UInt32) throws(SystemError) -> Bool {
    do {
      try check("mkdir", path) { mkdir(path, mode_t(mode)) }
    } catch {
      if error.isPresent { return false }
      throw error
    }
    try check("chmod", path) { chmod(path, mode_t(mode)) }
    return true
  }

  private static func isDirectory(_ path: String) -> Bool {
    var raw = stat()
    return stat(path, &raw) == 0 && FileStatus(raw).kind == .directory
  }

  /// Removes a file or link.
  ///
  /// - Throws: ENOENT when nothing is there, EISDIR or EPERM on a directory.
  public static func removeFile(_ path: String) throws(SystemError) {
    try check("unlink", path) { unlink(path) }
  }

  /// Removes the path with everything in it; succeeds when the path is free. Links are removed,
  /// never followed; directories that forbid their removal are made writable first.
  public static func removeTree(_ path: String) throws(SystemError) {
    guard let status = try status(of: path) else { return }
    guard status.kind == .directory else { return try removeFile(path) }
    try removeDirectory(Array(path.utf8CString), in: AT_FDCWD, path: path)
  }

  /// Works on open directories, so that no process can put a link in a directory's place meanwhile.
  private static func removeDirectory(
    _ name: [CChar], in parent: Int32, path: String
  ) throws(SystemError) {
    do {
      let directory = try openWritable(name, in: parent, path: path)
      for entry in try rawNames(of: directory.raw, path: path) {
        try removeEntry(entry, in: directory.raw, path: path)
      }
    }
    try check("rmdir", path) { unlinkat(parent, name, AT_REMOVEDIR) }
  }

  private static func removeEntry(
    _ name: [CChar], in directory: Int32, path: String
  ) throws(SystemError) {
    let text = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    var raw = stat()
    try check("lstat", path) { fstatat(directory, name, &raw, AT_SYMLINK_NOFOLLOW) }
    let full = path + "/" + text
    if FileStatus(raw).kind == .directory {
      try removeDirectory(name, in: directory, path: full)
    } else {
      try check("unlink", full) { unlinkat(directory, name, 0) }
    }
  }

  private static func openWritable(
    _ name: [CChar], in parent: Int32, path: String
  ) throws(SystemError) -> Descriptor {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var raw = openat(parent, name, flags)
    if raw == -1, errno == EACCES {
      try check("chmod", path) { fchmodat(parent, name, 0o700, 0) }
      raw = openat(parent, name, flags)
    }
    if raw == -1 { throw SystemError("open", code: errno, path: path) }
    let directory = Descriptor(owning: raw)
    if try FileStatus(of: directory.raw, path: path).mode & 0o700 != 0o700 {
      try check("chmod", path) { fchmod(directory.raw, 0o700) }
    }
    return directory
  }
}
