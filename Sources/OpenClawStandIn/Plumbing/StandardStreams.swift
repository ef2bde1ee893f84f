#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where the program's output goes: the process's own streams, or a test's.
public struct ProgramStreams: Sendable {
  let out: @Sendable (String) -> Void
  let err: @Sendable (String) -> Void

  public init(
    out: @escaping @Sendable (String) -> Void, err: @escaping @Sendable (String) -> Void
  ) {
    self.out = out
    self.err = err
  }

  /// Unbuffered, so that a log can be followed.
  public static let standard = ProgramStreams(out: { write($0, to: 1) }, err: { write($0, to: 2) })

  /// A reader that is gone is no reason to stop.
  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { buffer in
        #if canImport(Darwin)
          Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #else
          Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
      }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        return
      }
    }
  }
}
