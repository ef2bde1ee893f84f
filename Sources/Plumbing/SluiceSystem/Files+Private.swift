import CSluiceSystem

extension Files {
  /// Makes a directory whose content Sluice trusts. Accepts an existing directory when no other
  /// account can put a file in its place, as ssh does with its own.
  ///
  /// - Throws: EPERM, with a remedy of its own, when the directory belongs to an account other than
  ///   this one or root, or when its group or others may write to it.
  public static func makePrivateDirectory(
    _ path: String, mode: UInt32 = 0o700
  ) throws(SystemError) {
    try makeDirectory(path, mode: mode)
    try requirePrivate(path)
  }

  /// The bytes of a file that names trusted keys: a regular file, no link, that only this account
  /// and root may write, rename or replace. Checks every directory above, as sshd does for
  /// `authorized_keys`.
  ///
  /// - Throws: EPERM, with a remedy of its own, where another account may; else as `read`.
  public static func readTrusted(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let file = try Descriptor(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
    let status = try FileStatus(of: file.raw, path: path)
    guard status.kind == .regular else { throw SystemError("read", code: EINVAL, path: path) }
    try requireOwn(status, path)
    var directory = path[...]
    while let slash = directory.lastIndex(of: "/") {
      directory = directory[..<slash]
      let above = directory.isEmpty ? "/" : String(directory)
      let held = try Descriptor(above, O_RDONLY | O_DIRECTORY)
      let status = try FileStatus(of: held.raw, path: above)
      // With the sticky bit others add files there, and rename none of ours.
      try requireOwn(status, above, isSticky: status.mode & 0o1000 != 0)
    }
    guard status.size <= Int64(limit) else { throw SystemError("read", code: EFBIG, path: path) }
    return try readToEnd(file.raw, sizeHint: Int(status.size), limit: limit, path: path)
  }

  private static func requireOwn(
    _ status: FileStatus, _ path: String, isSticky: Bool = false
  ) throws(SystemError) {
    let user = geteuid()
    guard status.owner == user || status.owner == 0 else {
      throw SystemError(
        refusing: path,
        because: "belongs to user \(status.owner), not to \(user) (\(HostFacts.userName)) or root, "
          + "and says whom to trust",
        remedy: "See what is in it, then, as root:  chown root \(path)")
    }
    guard status.mode & 0o022 == 0 || isSticky else {
      throw SystemError(
        refusing: path,
        because: "has mode 0\(String(status.mode, radix: 8)): others than its owner could say "
          + "there whom to trust",
        remedy: "See what is in it, then:  chmod go-w \(path)")
    }
  }

  /// The conditions of `makePrivateDirectory` on an existing directory. A link is followed: what
  /// counts is the directory that is worked in.
  static func requirePrivate(_ path: String) throws(SystemError) {
    let directory = try Descriptor(path, O_RDONLY | O_DIRECTORY)
    let status = try FileStatus(of: directory.raw, path: path)
    let user = geteuid()
    guard status.owner == user || status.owner == 0 else {
      throw SystemError(
        refusing: path,
        because: "belongs to user \(status.owner), not to \(user) (\(HostFacts.userName)) or root: "
          + "its owner could put anything there",
        remedy: "See what is in it, then:  chown \(HostFacts.userName) \(path)")
    }
    guard status.mode & 0o022 == 0 else {
      throw SystemError(
        refusing: path,
        because: "has mode 0\(String(status.mode, radix: 8)): others than its owner may put "
          + "anything there",
        remedy: "See what is in it, then:  chmod go-w \(path)")
    }
  }
}
