import Synchronization

/// An advisory lock on a file (`flock`), held until it is released or its process ends, however it
/// ends. The file is never removed: a new one of the same name would give two holders.
public final class FileLock: Sendable {
  private let path: String
  private let fd: Mutex<Int32?>

  private init(path: String, fd: Int32) {
    self.path = path
    self.fd = Mutex(fd)
  }

  deinit { release() }

  /// Nil when somebody else holds it. `note` says who holds it now, for people.
  public static func tryAcquire(_ path: String, note: String) throws(SystemError) -> FileLock? {
    while true {
      // Closed on exec: a child that inherited it would hold the lock after us.
      let fd = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      if flock(fd, LOCK_EX | LOCK_NB) != 0 {
        let error = SystemError.last("flock", path)
        close(fd)
        if error.code == EINTR { continue }
        if error.code == EWOULDBLOCK { return nil }
        throw error
      }
      var held = stat()
      let named = try Files.status(of: path)
      let isCurrent = fstat(fd, &held) == 0 && named?.inode == UInt64(held.st_ino)
      guard isCurrent else {
        close(fd)
        continue
      }
      let lock = FileLock(path: path, fd: fd)
      if ftruncate(fd, 0) == 0 { try Descriptor.writeAll(fd, Array(note.utf8), path: path) }
      return lock
    }
  }

  /// What the holder said of itself; nil when nobody holds it.
  public static func holderNote(_ path: String) throws(SystemError) -> String? {
    guard try Files.status(of: path) != nil else { return nil }
    let fd = try Descriptor.open(path, O_RDONLY)
    defer { close(fd) }
    if flock(fd, LOCK_SH | LOCK_NB) == 0 {
      _ = flock(fd, LOCK_UN)
      return nil
    }
    return try Files.readText(path, limit: 4_096)
  }

  public func release() {
    fd.withLock { held in
      if let fd = held {
        // Unlocked by name, not by closing alone: a child between fork and exec has a copy of the
        // descriptor, and would hold the lock for that moment.
        _ = flock(fd, LOCK_UN)
        close(fd)
      }
      held = nil
    }
  }
}
