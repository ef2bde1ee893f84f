import CSluiceSystem

extension Files {
  /// Copies a directory with everything in it: files, directories and links as links, with their
  /// modes and times, and owners where they are not this process's own. Sockets and pipes are left
  /// out, because they have no use without their process. Durable once this returns.
  ///
  /// Where the file system can, a copied file shares its blocks with the original until either is
  /// written to (`clonefile` on APFS, `FICLONE` on Btrfs and XFS). Hard links become files of their
  /// own.
  ///
  /// - Throws: EEXIST when `target` exists; the part that was copied so far stays.
  public static func copyTree(_ source: String, to target: String) throws(SystemError) {
    guard let status = try status(of: source), status.kind == .directory else {
      throw SystemError("copy", code: ENOTDIR, path: source)
    }
    try check("mkdir", target) { mkdir(target, 0o700) }
    for name in try names(in: source) {
      try copyEntry("\(source)/\(name)", to: "\(target)/\(name)")
    }
    try liken(target, to: status)
    try synchronizeDirectory(target)
  }

  private static func copyEntry(_ source: String, to target: String) throws(SystemError) {
    guard let status = try status(of: source) else {
      throw SystemError("copy", code: ENOENT, path: source)
    }
    switch status.kind {
    case .directory: try copyTree(source, to: target)
    case .regular: try copyFile(source, to: target)
    case .link:
      guard let destination = try linkTarget(of: source) else {
        throw SystemError("readlink", code: ENOENT, path: source)
      }
      try check("symlink", target) { symlink(destination, target) }
      try own(target, as: status)
    case .other: break
    }
  }

  /// Copies one file, as `copyTree` does.
  ///
  /// - Parameter durable: false leaves it to the system when the copy is on the disk.
  /// - Throws: EEXIST when `target` exists.
  public static func copyFile(
    _ source: String, to target: String, durable: Bool = true
  ) throws(SystemError) {
    if sluice_clone_file(source, target) == 0 {
      guard durable else { return }
      let file = try Descriptor(target, O_RDONLY | O_NOFOLLOW)
      try check("fsync", target) { sluice_synchronize(file.raw) }
      return
    }
    let refusal = SystemError.last("clonefile", source)
    if !refusal.isUnsupported && refusal.code != EXDEV { throw refusal }
    let from = try Descriptor(source, O_RDONLY | O_NOFOLLOW)
    let status = try FileStatus(of: from.raw, path: source)
    let to = try Descriptor(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    if sluice_clone_blocks(from.raw, to.raw) != 0 {
      try copyBytes(from.raw, to.raw, source: source, target: target)
    }
    try liken(target, to: status)
    guard durable else { return }
    try check("fsync", target) { sluice_synchronize(to.raw) }
  }

  private static func copyBytes(
    _ from: Int32, _ to: Int32, source: String, target: String
  ) throws(SystemError) {
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try check("read", source) { SystemCalls.read(from, &chunk) }
      if count == 0 { return }
      try Descriptor.writeAll(
        to, count == chunk.count ? chunk : Array(chunk[..<count]), path: target)
    }
  }

  /// Gives what was copied the original's owner, mode and times.
  private static func liken(_ path: String, to status: FileStatus) throws(SystemError) {
    try own(path, as: status)
    try setMode(path, status.mode)
    let seconds = Int(status.modifiedMilliseconds / 1_000)
    let rest = Int(status.modifiedMilliseconds % 1_000) * 1_000_000
    let times = [
      timespec(tv_sec: seconds, tv_nsec: rest), timespec(tv_sec: seconds, tv_nsec: rest),
    ]
    try check("utimensat", path) { utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) }
  }

  private static func own(_ path: String, as status: FileStatus) throws(SystemError) {
    guard let made = try self.status(of: path),
      made.owner != status.owner || made.group != status.group
    else { return }
    try check("lchown", path) { lchown(path, status.owner, status.group) }
  }

  /// Exchanges the files of two paths, in one step, and durably: at no moment is either path free.
  ///
  /// - Throws: EINVAL, ENOTSUP or ENOSYS where the file system cannot; nothing has changed then.
  public static func exchange(_ one: String, _ other: String) throws(SystemError) {
    if other.utf8.contains(0) { throw SystemError("rename", code: EINVAL, path: other) }
    try check("rename", one) { sluice_rename_exchange(one, other) }
    try synchronizeDirectory(SplitPath(one).directory)
    try synchronizeDirectory(SplitPath(other).directory)
  }

  /// Everything below a directory, itself left out, parents before children, each by its path below
  /// it and without opening a file. Entries that vanish meanwhile are left out.
  public static func walk(
    _ directory: String, _ visit: (String, FileStatus) throws(SystemError) -> Void
  ) throws(SystemError) {
    try walk(directory, below: "", visit)
  }

  private static func walk(
    _ root: String, below path: String, _ visit: (String, FileStatus) throws(SystemError) -> Void
  ) throws(SystemError) {
    let place = path.isEmpty ? root : "\(root)/\(path)"
    for name in try names(in: place) {
      let entry = path.isEmpty ? name : "\(path)/\(name)"
      guard let status = try status(of: "\(root)/\(entry)") else { continue }
      try visit(entry, status)
      if status.kind == .directory { try walk(root, below: entry, visit) }
    }
  }
}
