import CSluiceSystem

/// An open file descriptor that closes itself.
struct Descriptor: ~Copyable {
  let raw: Int32

  init(owning raw: Int32) { self.raw = raw }

  /// `open(2)`, always closed on exec.
  init(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) {
    raw = try check("open", path) { sluice_open(path, flags | O_CLOEXEC, mode) }
  }

  deinit { _ = close(raw) }

  /// Gives the descriptor to the caller, who closes it.
  consuming func release() -> Int32 {
    let raw = self.raw
    discard self
    return raw
  }

  /// Writes until everything is written: near a full disk the kernel first writes a part.
  static func writeAll(_ descriptor: Int32, _ bytes: [UInt8], path: String) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = try check("write", path) {
        rest.withUnsafeBytes { sluice_write(descriptor, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(written)
    }
  }
}
