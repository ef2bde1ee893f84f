import CSluiceSystem

/// Calls on a file descriptor, with errors as values.
enum Descriptor {
  static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Int32 {
    while true {
      let fd = path.withCString { sluice_open($0, flags | O_CLOEXEC, mode) }
      if fd >= 0 { return fd }
      if errno != EINTR { throw .last("open", path) }
    }
  }

  /// Writes everything or throws; short writes are gone on with.
  static func writeAll(_ fd: Int32, _ bytes: [UInt8], path: String) throws(SystemError) {
    var offset = 0
    while offset < bytes.count {
      let written = bytes[offset...].withUnsafeBytes { sluice_write(fd, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        throw .last("write", path)
      }
      offset += written
    }
  }

  static func synchronize(_ fd: Int32, path: String) throws(SystemError) -> Bool {
    let result = sluice_synchronize(fd)
    guard result >= 0 else { throw .last("fsync", path) }
    return result == 0
  }
}
