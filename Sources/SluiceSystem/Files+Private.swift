import CSluiceSystem

extension Files {
  /// Makes a directory that Sluice trusts what it finds in, or takes the one that is there when
  /// nobody else can put a file in its place there, as ssh does with its own.
  ///
  /// - Throws: EPERM, with a remedy of its own, when it belongs to another user than this one or
  ///   root, or when its group or others may write to it.
  public static func makePrivateDirectory(
    _ path: String, mode: UInt32 = 0o700
  ) throws(SystemError) {
    try makeDirectory(path, mode: mode)
    try requirePrivate(path)
  }

  /// What `makePrivateDirectory` asks of a directory that is there. A link is followed: what counts is
  /// the directory that is worked in.
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
