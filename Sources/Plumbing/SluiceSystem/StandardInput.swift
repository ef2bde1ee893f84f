import CSluiceSystem

/// Standard input of this process, read without holding a thread.
///
/// Works on a copy of the descriptor that stays blocking, because other processes share an
/// inherited descriptor. Reads only when input is available, by one task at a time.
public final class StandardInput: Sendable {
  private let readiness: Readiness

  public init() throws(SystemError) {
    readiness = Readiness(
      owning: try check("dup", "stdin") { fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) })
  }

  deinit { close() }

  /// Up to `max` bytes, as soon as there are any; empty at the end. ECANCELED when it is closed or
  /// the task cancelled.
  public func read(max: Int = 65536) async throws(SystemError) -> [UInt8] {
    let outcome = await withTaskCancellationHandler {
      await readiness.wait(for: .reading, deadline: nil)
    } onCancel: {
      close()
    }
    guard case .ready = outcome else {
      throw SystemError("read", code: ECANCELED, path: "stdin")
    }
    var chunk = [UInt8](repeating: 0, count: Swift.max(1, max))
    let attempt = readiness.withDescriptor { descriptor -> (Int, Int32) in
      let count = SystemCalls.read(descriptor, &chunk)
      return (count, errno)
    }
    guard let (count, code) = attempt else {
      throw SystemError("read", code: ECANCELED, path: "stdin")
    }
    if count < 0 { throw SystemError("read", code: code, path: "stdin") }
    return Array(chunk[..<count])
  }

  /// Again does nothing.
  public func close() { readiness.close() }
}

extension StandardStreams {
  /// Writes all the bytes to standard output, and says when that was not possible.
  public static func writeOutput(_ bytes: [UInt8]) async throws(SystemError) {
    try await BlockingThread.result { () throws(SystemError) in
      try Descriptor.writeAll(STDOUT_FILENO, bytes, path: "stdout")
    }
  }
}
