import Synchronization

/// A lock among the processes of one machine (`flock`), kept until its release or the end of the
/// process. No child inherits the lock. The file stays after the release: removing the file would
/// let two processes each lock a file of that name.
public final class FileLock: Sendable {
  private let descriptor: Mutex<Int32>

  private init(owning descriptor: Int32) { self.descriptor = Mutex(descriptor) }

  deinit { release() }

  /// Takes the lock; nil when another process holds it.
  ///
  /// - Parameter note: the holder, the time and the purpose, written into the file for people to
  ///   read. A note that cannot be written (a full disk) does not keep the lock from being taken.
  public static func tryAcquire(
    _ path: String, note: String
  ) throws(SystemError) -> FileLock? {
    // More than one round only while another process removes and makes the file again.
    for _ in 0..<16 {
      let file = try Descriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      guard try lock(file.raw, LOCK_EX, path) else { return nil }
      let held = try FileStatus(of: file.raw, path: path)
      guard let named = try Files.status(of: path), named.isSameFile(as: held) else { continue }
      if ftruncate(file.raw, 0) == 0 {
        try? Descriptor.writeAll(file.raw, Array(note.utf8), path: path)
      }
      return FileLock(owning: file.release())
    }
    throw SystemError("flock", code: EBUSY, path: path)
  }

  /// False when the lock is held. A query for the holder's note holds the lock for an instant too,
  /// so only a lock that stays held has a holder.
  private static func lock(
    _ descriptor: Int32, _ kind: Int32, _ path: String
  ) throws(SystemError) -> Bool {
    for _ in 0..<5 {
      do {
        try check("flock", path) { flock(descriptor, kind | LOCK_NB) }
        return true
      } catch {
        if error.code != EWOULDBLOCK { throw error }
        usleep(1_000)
      }
    }
    return false
  }

  /// The holder's note; nil when the lock is free.
  public static func holderNote(_ path: String) throws(SystemError) -> String? {
    guard try Files.status(of: path) != nil else { return nil }
    let note = try Files.readText(path, limit: 4_096)
    // A holder takes its note along; what a killed one left behind is told by the lock alone.
    if note.isEmpty { return nil }
    let file = try Descriptor(path, O_RDONLY | O_NOFOLLOW)
    defer { _ = flock(file.raw, LOCK_UN) }
    return flock(file.raw, LOCK_SH | LOCK_NB) == 0 ? nil : note
  }

  /// Gives the lock back; again does nothing.
  public func release() {
    descriptor.withLock { descriptor in
      guard descriptor != -1 else { return }
      _ = ftruncate(descriptor, 0)
      // Closing alone is not enough: a child that is just being spawned has a copy of the
      // descriptor until it becomes its program, and the copy would hold the lock.
      _ = flock(descriptor, LOCK_UN)
      _ = close(descriptor)
      descriptor = -1
    }
  }
}
