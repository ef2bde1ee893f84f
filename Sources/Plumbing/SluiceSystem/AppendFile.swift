import CSluiceSystem
import Synchronization

/// A file that only grows at its end, written by one process at a time (hold a `FileLock`).
///
/// After a failed append the file is as long as before. After a failed `synchronize` the content of
/// the disk is unknown, and a second try might report false success: the file is poisoned, and
/// every later call throws the same error.
public final class AppendFile: Sendable {
  private struct State {
    var descriptor: Int32
    var length: Int64
    var fullSyncUnavailable = false
    var poison: SystemError?

    /// The descriptor, unless the file is poisoned or closed.
    func usable(_ path: String) throws(SystemError) -> Int32 {
      if let poison { throw poison }
      if descriptor == -1 { throw SystemError("use", code: EBADF, path: path) }
      return descriptor
    }
  }

  public let path: String
  private let state: Mutex<State>

  /// Opens the file for appending, or creates it, durably, with these permission bits.
  ///
  /// - Throws: ELOOP on a link, ENOENT when it is missing and `create` is false.
  public init(path: String, mode: UInt32 = 0o600, create: Bool = true) throws(SystemError) {
    self.path = path
    let file = try Self.open(path, mode: mode, create: create)
    let length = try FileStatus(of: file.raw, path: path).size
    state = Mutex(State(descriptor: file.release(), length: length))
  }

  private static func open(
    _ path: String, mode: UInt32, create: Bool
  ) throws(SystemError) -> Descriptor {
    let flags = O_RDWR | O_APPEND | O_NOFOLLOW
    guard create, try Files.status(of: path) == nil else { return try Descriptor(path, flags) }
    let file = try Descriptor(path, flags | O_CREAT, mode: mode)
    try check("fchmod", path) { fchmod(file.raw, mode_t(mode)) }
    try Files.synchronizeDirectory(SplitPath(path).directory)
    return file
  }

  deinit { close() }

  /// Bytes.
  public var length: Int64 { state.withLock { $0.length } }

  /// Whether the last `synchronize` had to make do with `fsync` (a network file system on macOS):
  /// the bytes may still be in the drive's cache.
  public var fullSyncUnavailable: Bool { state.withLock { $0.fullSyncUnavailable } }

  /// Writes all the bytes at the end, or none of them.
  public func append(_ bytes: [UInt8]) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      let descriptor = try state.usable(path)
      do throws(SystemError) {
        try Descriptor.writeAll(descriptor, bytes, path: path)
      } catch {
        // Half a line must not stay. Where even that fails, nothing may come after it.
        do throws(SystemError) {
          try check("ftruncate", path) { ftruncate(descriptor, off_t(state.length)) }
        } catch {
          state.poison = error
        }
        throw error
      }
      state.length += Int64(bytes.count)
    }
  }

  /// Makes everything appended survive a loss of power.
  public func synchronize() throws(SystemError) {
    try state.withLock { state throws(SystemError) in try synchronize(&state) }
  }

  private func synchronize(_ state: inout State) throws(SystemError) {
    let descriptor = try state.usable(path)
    do throws(SystemError) {
      let result = try check("fsync", path) { sluice_synchronize(descriptor) }
      state.fullSyncUnavailable = result == 1
    } catch {
      state.poison = error
      throw error
    }
  }

  /// Writes the last `count` bytes once more at their place, and synchronizes. After a failed sync
  /// of an earlier writer, reads may return bytes from the cache that are on no medium, and no
  /// later sync alone would bring them there (PostgreSQL, 2018).
  ///
  /// - Throws: ESTALE when another file has come to the path.
  public func renew(last count: Int) throws(SystemError) {
    let offset = max(0, length - Int64(count))
    let bytes = try read(at: offset, count: count)
    try state.withLock { state throws(SystemError) in
      let descriptor = try state.usable(path)
      // A descriptor open for appending ignores the offset of a write.
      let writer = try Descriptor(path, O_WRONLY | O_NOFOLLOW)
      let (own, found) = (
        try FileStatus(of: descriptor, path: path), try FileStatus(of: writer.raw, path: path)
      )
      guard own.inode == found.inode, own.device == found.device else {
        throw SystemError("renew", code: ESTALE, path: path)
      }
      try check("lseek", path) { lseek(writer.raw, off_t(offset), SEEK_SET) }
      try Descriptor.writeAll(writer.raw, bytes, path: path)
      try synchronize(&state)
    }
  }

  /// Up to `count` bytes from `offset`; fewer at the end of the file.
  public func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
    guard offset >= 0, count >= 0 else {
      throw SystemError("pread", code: EINVAL, path: path)
    }
    return try state.withLock { state throws(SystemError) in
      let descriptor = try state.usable(path)
      let available = max(0, state.length - offset)
      var bytes = [UInt8](repeating: 0, count: Int(min(Int64(count), available)))
      var filled = 0
      while filled < bytes.count {
        let position = off_t(offset) + off_t(filled)
        let got = try check("pread", path) {
          bytes.withUnsafeMutableBytes {
            let rest = UnsafeMutableRawBufferPointer(rebasing: $0[filled...])
            return pread(descriptor, rest.baseAddress, rest.count, position)
          }
        }
        if got == 0 { break }
        filled += got
      }
      bytes.removeLast(bytes.count - filled)
      return bytes
    }
  }

  /// Cuts off everything after `length` bytes, durably; EINVAL when the file is shorter.
  public func truncate(to length: Int64) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      let descriptor = try state.usable(path)
      guard (0...state.length).contains(length) else {
        throw SystemError("ftruncate", code: EINVAL, path: path)
      }
      try check("ftruncate", path) { ftruncate(descriptor, off_t(length)) }
      state.length = length
      try synchronize(&state)
    }
  }

  /// Every later call but `length` throws EBADF.
  public func close() {
    state.withLock { state in
      guard state.descriptor != -1 else { return }
      SystemCalls.close(state.descriptor)
      state.descriptor = -1
    }
  }
}
