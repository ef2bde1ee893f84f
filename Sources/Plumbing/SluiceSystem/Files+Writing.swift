import CSluiceSystem

extension Files {
  /// Puts a file with these bytes in the path's place, whole: a reader sees the old file or the new
  /// one. A link there is replaced, not followed.
  ///
  /// - Parameters:
  ///   - mode: Permission bits, whatever the umask is.
  ///   - durable: Survives a loss of power once this returns.
  public static func replace(
    _ path: String, with bytes: [UInt8], mode: UInt32 = 0o644, durable: Bool = true
  ) throws(SystemError) {
    let temporary = try writeTemporary(beside: path, bytes, mode: mode, durable: durable)
    do {
      try rename(temporary, to: path)
    } catch {
      _ = unlink(temporary)
      throw error
    }
    if durable { try synchronizeDirectory(SplitPath(path).directory) }
  }

  /// Creates a file with these bytes, whole and durable.
  ///
  /// - Parameter synchronizingDirectory: False where the caller does it, once for many files.
  /// - Throws: EEXIST when anything is there already.
  public static func create(
    _ path: String, with bytes: [UInt8], mode: UInt32, synchronizingDirectory: Bool = true
  ) throws(SystemError) {
    let temporary = try writeTemporary(beside: path, bytes, mode: mode, durable: true)
    do {
      try renameExclusively(temporary, to: path)
    } catch {
      _ = unlink(temporary)
      throw error
    }
    if synchronizingDirectory { try synchronizeDirectory(SplitPath(path).directory) }
  }

  /// Gives the file at a path a second name in the same directory, durably. The second name keeps
  /// the bytes when another file takes the first name. A link is kept as a link.
  ///
  /// - Throws: EEXIST when the second name is taken, ENOENT when the first is missing.
  public static func keep(_ path: String, as second: String) throws(SystemError) {
    if path.utf8.contains(0) || second.utf8.contains(0) {
      throw SystemError("link", code: EINVAL, path: path)
    }
    try check("link", second) { linkat(AT_FDCWD, path, AT_FDCWD, second, 0) }
    try synchronizeDirectory(SplitPath(second).directory)
  }

  /// File systems that cannot rename exclusively (NFS) can still link exclusively.
  static func renameExclusively(
    _ from: String, to path: String,
    by rename: (_ from: String, _ path: String) throws(SystemError) -> Void = {
      from, path throws(SystemError) in try Files.rename(from, to: path, exclusive: true)
    }
  ) throws(SystemError) {
    do {
      try rename(from, path)
    } catch {
      guard error.isUnsupported else { throw error }
      try check("link", path) { link(from, path) }
      _ = unlink(from)
    }
  }

  /// A file with a unique name, in the same directory and so in the same file system.
  private static func writeTemporary(
    beside path: String, _ bytes: [UInt8], mode: UInt32, durable: Bool
  ) throws(SystemError) -> String {
    let split = SplitPath(path)
    let temporary = split.sibling(".\(split.name).\(Randomness.hexadecimal(bytes: 8)).tmp")
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
    // Created for the owner alone, so that no other account reads a secret before fchmod.
    let file = try Descriptor(temporary, flags, mode: 0o600)
    do {
      try Descriptor.writeAll(file.raw, bytes, path: temporary)
      try check("fchmod", temporary) { fchmod(file.raw, mode_t(mode)) }
      if durable { try check("fsync", temporary) { sluice_synchronize(file.raw) } }
    } catch {
      _ = unlink(temporary)
      throw error
    }
    return temporary
  }

  /// Renames a file, link or directory, replacing the target.
  ///
  /// - Parameter exclusive: Throw EEXIST instead of replacing.
  public static func rename(
    _ from: String, to path: String, exclusive: Bool = false
  ) throws(SystemError) {
    if from.utf8.contains(0) { throw SystemError("rename", code: EINVAL, path: from) }
    try check("rename", path) {
      exclusive ? sluice_rename_exclusive(from, path) : SystemCalls.rename(from, path)
    }
  }
}
