import CSluiceSystem

extension Files {
  /// Where a symbolic link points, as it is written; nil when nothing is at the path.
  ///
  /// - Throws: EINVAL when something else than a link is there, EILSEQ when it is not UTF-8.
  public static func linkTarget(of path: String) throws(SystemError) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count: Int
    do {
      count = try check("readlink", path) { readlink(path, &buffer, buffer.count) }
    } catch {
      if error.isMissing || error.code == ENOTDIR { return nil }
      throw error
    }
    guard
      let target = String(
        validating: buffer[..<count].lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
    else {
      throw SystemError("readlink", code: EILSEQ, path: path)
    }
    return target
  }

  /// Makes the symbolic link at `path` point to `target` in one step: a reader finds the old target
  /// or the new one, never nothing, which `ln -sfn` of macOS does not promise. Durable.
  ///
  /// - Parameter token: Makes the temporary link's name, `.<name>.<token>`, unique to one
  ///   operation. The leftover of an interrupted run with the same token is replaced.
  /// - Throws: EISDIR when a directory is in the link's place, EEXIST when a file is.
  public static func swingLink(
    _ path: String, to target: String, token: String
  ) throws(SystemError) {
    let split = SplitPath(path)
    guard !token.isEmpty, !token.utf8.contains(UInt8(ascii: "/")), !token.utf8.contains(0),
      !target.utf8.contains(0)
    else { throw SystemError("symlink", code: EINVAL, path: path) }
    // Held open throughout: the same directory is changed and made durable.
    let directory = try Descriptor(split.directory, O_RDONLY | O_DIRECTORY)
    switch try kind(of: split.name, in: directory.raw, path: path) {
    case .link?, nil: break
    case .directory?: throw SystemError("swing link", code: EISDIR, path: path)
    case .regular?, .other?: throw SystemError("swing link", code: EEXIST, path: path)
    }
    let temporary = ".\(split.name).\(token)"
    try plantLink(temporary, to: target, in: directory.raw, path: split.sibling(temporary))
    do {
      try check("rename", path) {
        renameat(directory.raw, temporary, directory.raw, split.name)
      }
    } catch {
      _ = unlinkat(directory.raw, temporary, 0)
      throw error
    }
    try check("fsync", split.directory) { sluice_synchronize(directory.raw) }
  }

  /// Makes a symbolic link at a free path. Not durable: for temporary links only.
  public static func makeLink(_ path: String, to target: String) throws(SystemError) {
    guard !target.utf8.contains(0) else { throw SystemError("symlink", code: EINVAL, path: path) }
    try check("symlink", path) { symlink(target, path) }
  }

  private static func plantLink(
    _ name: String, to target: String, in directory: Int32, path: String
  ) throws(SystemError) {
    if try kind(of: name, in: directory, path: path) == .link {
      try check("unlink", path) { unlinkat(directory, name, 0) }
    }
    try check("symlink", path) { symlinkat(target, directory, name) }
  }

  private static func kind(
    of name: String, in directory: Int32, path: String
  ) throws(SystemError) -> FileStatus.Kind? {
    var raw = stat()
    do {
      try check("lstat", path) { fstatat(directory, name, &raw, AT_SYMLINK_NOFOLLOW) }
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    return FileStatus(raw).kind
  }
}
