import Synchronization

/// A file that only grows: what was appended and synchronized survives, and what could not be
/// appended as a whole is not there at all.
public final class AppendFile: Sendable {
  private struct State {
    var length: Int64
    /// After a failed sync nothing about the file is certain any more: pages may have been dropped,
    /// and the next sync would say yes (PostgreSQL's fsync findings, 2018).
    var poison: SystemError?
    var isOpen = true
  }

  public let path: String
  private let fd: Int32
  private let state: Mutex<State>
  private let lacksFullSync = Mutex(false)

  /// Opens a file for appending. One that was created is durable as an empty file.
  public init(path: String, mode: UInt32 = 0o640, create: Bool = true) throws(SystemError) {
    let existed = try Files.status(of: path) != nil
    let flags = O_RDWR | O_APPEND | O_NOFOLLOW | (create ? O_CREAT : 0)
    let fd = try Descriptor.open(path, flags, mode: mode)
    self.path = path
    self.fd = fd
    let end = lseek(fd, 0, SEEK_END)
    guard end >= 0 else {
      let error = SystemError.last("lseek", path)
      Self.close(fd)
      throw error
    }
    state = Mutex(State(length: Int64(end)))
    if !existed { try Files.synchronizeDirectory(Files.directory(of: path)) }
  }

  deinit { close() }

  public var length: Int64 { state.withLock { $0.length } }

  /// Whether the file system has no full sync, so that a drive's cache may still lose what was
  /// synchronized (macOS on network volumes).
  public var fullSyncIsUnavailable: Bool { lacksFullSync.withLock { $0 } }

  /// Appends all bytes or none.
  public func append(_ bytes: [UInt8]) throws(SystemError) {
    let result = state.withLock { state -> Result<Void, SystemError> in
      if let poison = state.poison { return .failure(poison) }
      do throws(SystemError) {
        try Descriptor.writeAll(fd, bytes, path: path)
        state.length += Int64(bytes.count)
        return .success(())
      } catch {
        if ftruncate(fd, off_t(state.length)) != 0 {
          state.poison = .last("ftruncate", path)
        }
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Returns once everything appended is on the medium.
  public func synchronize() throws(SystemError) {
    let result = state.withLock { state -> Result<Void, SystemError> in
      if let poison = state.poison { return .failure(poison) }
      do throws(SystemError) {
        let isFull = try Descriptor.synchronize(fd, path: path)
        if !isFull { lacksFullSync.withLock { $0 = true } }
        return .success(())
      } catch {
        state.poison = error
        return .failure(error)
      }
    }
    try result.get()
  }

  /// What stands on disk; fewer bytes than asked for at the end of the file.
  public func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = buffer.withUnsafeMutableBytes {
        pread(
          fd, $0.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + off_t(filled))
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw .last("pread", path)
      }
      if got == 0 { break }
      filled += got
    }
    return Array(buffer[..<filled])
  }

  /// Cuts off what follows `length`, durably.
  public func truncate(to length: Int64) throws(SystemError) {
    let result = state.withLock { state -> Result<Void, SystemError> in
      guard ftruncate(fd, off_t(length)) == 0 else { return .failure(.last("ftruncate", path)) }
      state.length = length
      return .success(())
    }
    try result.get()
    try synchronize()
  }

  public func close() {
    let wasOpen = state.withLock { state in
      defer {
        state.isOpen = false
        state.poison = SystemError("write", code: EBADF, path: path)
      }
      return state.isOpen
    }
    if wasOpen { Self.close(fd) }
  }

  private static func close(_ fd: Int32) { closeDescriptor(fd) }
}

private func closeDescriptor(_ fd: Int32) { close(fd) }
