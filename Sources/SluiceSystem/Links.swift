extension Files {
  /// Where a symbolic link points; nil when there is nothing, `EINVAL` when it is no link.
  public static func linkTarget(of path: String) throws(SystemError) -> String? {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink(path, &buffer, buffer.count)
    if count >= 0 {
      return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw .last("readlink", path)
  }

  /// Points a link at another target in one motion: a new link is renamed over the old one, so that
  /// no reader ever finds it missing. `ln -sfn` unlinks first (`facts/ledger-and-faults.md` A.4.3).
  ///
  /// - Parameter token: names the attempt; what an attempt of the same token left behind is
  ///   replaced.
  /// - Throws: `EEXIST` when something that is no link stands at the path.
  public static func swingLink(_ path: String, to target: String, token: String)
    throws(SystemError)
  {
    if let found = try status(of: path), found.kind != .link {
      throw SystemError("symlink", code: EEXIST, path: path)
    }
    let temporary = "\(directory(of: path))/.\(name(of: path)).\(token)"
    if symlink(target, temporary) != 0 {
      guard errno == EEXIST else { throw .last("symlink", temporary) }
      try removeFile(temporary)
      if symlink(target, temporary) != 0 { throw .last("symlink", temporary) }
    }
    try rename(temporary, to: path)
    try synchronizeDirectory(directory(of: path))
  }
}
