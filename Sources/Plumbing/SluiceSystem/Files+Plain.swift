import CSluiceSystem

extension Files {
  /// The bytes of a plain file below a directory. Follows no link below `root`, on no level, even if
  /// another process puts one there meanwhile; `root` itself may be reached through links.
  ///
  /// - Parameters:
  ///   - names: the folders below `root`, then the file's name.
  ///   - limit: bytes.
  /// - Throws: ELOOP or ENOTDIR on a link, EMLINK on a file with a second name, EISDIR on a
  ///   directory, EINVAL on a special file and on a name that is no name (`..`, `a/b`), EFBIG on a
  ///   file with more than `limit` bytes.
  public static func readPlain(
    _ names: [String], below root: String, limit: Int
  ) throws(SystemError) -> [UInt8] {
    let path = ([root] + names).joined(separator: "/")
    guard let last = names.last, isName(last) else {
      throw SystemError("open", code: EINVAL, path: path)
    }
    let directory = try openFolder(Array(names.dropLast()), below: root)
    // Non-blocking: opening a pipe without a writer must not hang.
    let raw = try check("open", path) {
      openat(directory.raw, last, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    }
    let file = Descriptor(owning: raw)
    let status = try FileStatus(of: file.raw, path: path)
    switch status.kind {
    case .regular: break
    case .directory: throw SystemError("read", code: EISDIR, path: path)
    case .link, .other: throw SystemError("read", code: EINVAL, path: path)
    }
    if status.linkCount != 1 { throw SystemError("read", code: EMLINK, path: path) }
    if status.size > Int64(limit) { throw SystemError("read", code: EFBIG, path: path) }
    return try readToEnd(file.raw, sizeHint: Int(status.size), limit: limit, path: path)
  }

  /// The names in a directory below `root`, sorted by their bytes. Follows no link below `root`.
  ///
  /// - Throws: ELOOP or ENOTDIR on a link, EILSEQ when a name is not UTF-8.
  public static func names(
    inPlain folders: [String], below root: String
  ) throws(SystemError) -> [String] {
    try names(
      of: try openFolder(folders, below: root), path: ([root] + folders).joined(separator: "/"))
  }

  private static func openFolder(
    _ folders: [String], below root: String
  ) throws(SystemError) -> Descriptor {
    var directory = try Descriptor(root, O_RDONLY | O_DIRECTORY)
    var path = root
    for folder in folders {
      path += "/" + folder
      guard isName(folder) else { throw SystemError("open", code: EINVAL, path: path) }
      let raw = try check("open", path) {
        openat(directory.raw, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      }
      directory = Descriptor(owning: raw)
    }
    return directory
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(0)
  }
}
