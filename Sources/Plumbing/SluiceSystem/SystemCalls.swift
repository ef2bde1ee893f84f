/// The C functions whose names methods have taken.
enum SystemCalls {
  static func read(_ fd: Int32, _ buffer: inout [UInt8]) -> Int {
    buffer.withUnsafeMutableBytes { platformRead(fd, $0.baseAddress, $0.count) }
  }

  static func rename(_ from: String, _ to: String) -> Int32 { platformRename(from, to) }
  static func close(_ fd: Int32) { _ = platformClose(fd) }
  static func kill(_ pid: Int32, _ number: Int32) -> Int32 { platformKill(pid, number) }
}

private func platformRead(_ fd: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(fd, buffer, count)
}

private func platformRename(_ from: String, _ to: String) -> Int32 { rename(from, to) }
private func platformClose(_ fd: Int32) -> Int32 { close(fd) }
private func platformKill(_ pid: Int32, _ number: Int32) -> Int32 { kill(pid, number) }
