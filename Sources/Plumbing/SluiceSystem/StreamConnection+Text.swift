import Dispatch

extension StreamConnection {
  /// The next line without its line feed; nil at the end of the stream.
  ///
  /// - Throws: EMSGSIZE when the line is longer than `limit` bytes, EBADMSG when the stream ends
  ///   within a line (half a message is none), EILSEQ when it is not UTF-8, ETIMEDOUT when the line
  ///   is not there in time.
  public func readLine(
    limit: Int = 1 << 20, deadline: Duration? = nil
  ) async throws(SystemError) -> String? {
    let end = deadline.map { DispatchTime.now() + $0.dispatchInterval }
    var searched = 0
    while true {
      let line = pending.withLock { pending -> [UInt8]? in
        guard let feed = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
          searched = pending.count
          return nil
        }
        let line = Array(pending[..<feed])
        pending.removeFirst(feed + 1)
        return line
      }
      if line?.count ?? searched > limit { throw failure("read line", EMSGSIZE) }
      if let line {
        guard let text = String(validating: line, as: UTF8.self) else {
          throw failure("read line", EILSEQ)
        }
        return text
      }
      let bytes = try await receive(max: 65536, end)
      if bytes.isEmpty {
        if searched == 0 { return nil }
        throw failure("read line", EBADMSG)
      }
      pending.withLock { $0.append(contentsOf: bytes) }
    }
  }

  /// Everything until the end of the stream.
  ///
  /// - Throws: EMSGSIZE beyond `limit` bytes, ETIMEDOUT when the end does not come in time.
  public func readAll(
    limit: Int = 1 << 20, deadline: Duration? = nil
  ) async throws(SystemError) -> [UInt8] {
    let end = deadline.map { DispatchTime.now() + $0.dispatchInterval }
    var bytes = pending.withLock { pending -> [UInt8] in
      defer { pending = [] }
      return pending
    }
    while bytes.count <= limit {
      let more = try await receive(max: 65536, end)
      if more.isEmpty { return bytes }
      bytes += more
    }
    throw failure("read all", EMSGSIZE)
  }

  /// Writes the text as UTF-8.
  public func write(text: String, deadline: Duration? = nil) async throws(SystemError) {
    try await write(Array(text.utf8), deadline: deadline)
  }
}
