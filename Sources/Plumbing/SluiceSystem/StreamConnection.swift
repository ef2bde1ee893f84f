import CSluiceSystem
import Dispatch
import Synchronization

/// A connected stream socket, unix or TCP. Nothing here holds a thread or raises SIGPIPE.
///
/// One task may read while another writes. A call in flight when the connection is closed ends with
/// ECANCELED; cancelling a task that reads or writes closes the connection.
public final class StreamConnection: Sendable {
  /// The connected address, or the listener that accepted the connection.
  public let address: SocketAddress
  let readiness: Readiness
  /// Read already, but not asked for yet: what `readLine` found behind the line.
  let pending = Mutex<[UInt8]>([])

  init(owning descriptor: Int32, address: SocketAddress) {
    self.address = address
    readiness = Readiness(owning: descriptor)
    if case .tcp = address {
      // Requests and answers are written whole: waiting for more only delays them.
      var on: Int32 = 1
      let size = socklen_t(MemoryLayout<Int32>.size)
      _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
    }
  }

  deinit { close() }

  /// - Throws: ETIMEDOUT at the deadline, ECANCELED when the task is cancelled, else the error of
  ///   the host's last address (ECONNREFUSED, …).
  public static func connect(
    _ address: SocketAddress, deadline: Duration
  ) async throws(SystemError) -> StreamConnection {
    let limit = DispatchTime.now() + deadline.dispatchInterval
    let candidates =
      address.isNumeric
      ? try address.resolved()
      : try await BlockingThread.result { () throws(SystemError) in try address.resolved() }
    var last = SystemError("connect", code: EADDRNOTAVAIL, path: address.description)
    for candidate in candidates {
      do {
        return try await connect(to: candidate, of: address, limit)
      } catch {
        last = error
        if error.code == ECANCELED { break }
      }
    }
    throw last
  }

  private static func connect(
    to candidate: RawAddress, of address: SocketAddress, _ limit: DispatchTime
  ) async throws(SystemError) -> StreamConnection {
    let subject = address.description
    let raw = try check("socket", subject) { sluice_socket(candidate.family) }
    let connection = StreamConnection(owning: raw, address: address)
    while candidate.withPointer({ socketConnect(raw, $0, $1) }) == -1 {
      switch errno {
      case EISCONN: return connection
      case EINPROGRESS, EINTR, EALREADY:
        try await connection.ready(.writing, "connect", limit)
        let code = sluice_socket_error(raw)
        if code != 0 { throw SystemError("connect", code: code, path: subject) }
        return connection
      case EAGAIN:
        // Linux, unix sockets: the listener's queue is full, and no event reports free room.
        if DispatchTime.now() >= limit {
          throw SystemError("connect", code: ETIMEDOUT, path: subject)
        }
        do {
          try await SystemClock.sleep(for: .milliseconds(5))
        } catch {
          throw SystemError("connect", code: ECANCELED, path: subject)
        }
      case let code: throw SystemError("connect", code: code, path: subject)
      }
    }
    return connection
  }

  /// Up to `max` bytes, as soon as there are any; empty at the end of the stream.
  ///
  /// - Parameter deadline: ETIMEDOUT after so long without a byte; the connection stays open.
  public func read(
    max: Int = 65536, deadline: Duration? = nil
  ) async throws(SystemError) -> [UInt8] {
    let early = pending.withLock { pending -> [UInt8] in
      let taken = Array(pending.prefix(max))
      pending.removeFirst(taken.count)
      return taken
    }
    if !early.isEmpty { return early }
    return try await receive(max: max, deadline.map { .now() + $0.dispatchInterval })
  }

  func receive(max: Int, _ limit: DispatchTime?) async throws(SystemError) -> [UInt8] {
    while true {
      let attempt = readiness.withDescriptor { descriptor in
        receiveNow(descriptor, max: max)
      }
      switch attempt {
      case nil: throw failure("read", ECANCELED)
      case .success(let bytes)?: return bytes
      case .failure(let error)? where error.code == EAGAIN:
        try await ready(.reading, "read", limit)
      case .failure(let error)? where error.code == EINTR: continue
      case .failure(let error)?: throw error
      }
    }
  }

  private func receiveNow(_ descriptor: Int32, max: Int) -> Result<[UInt8], SystemError> {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Swift.max(1, max)) { buffer, filled in
      count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      filled = Swift.max(0, count)
    }
    return count == -1 ? .failure(failure("read", errno)) : .success(bytes)
  }

  /// Writes everything.
  ///
  /// - Throws: EPIPE or ECONNRESET when the other side is gone.
  public func write(_ bytes: [UInt8], deadline: Duration? = nil) async throws(SystemError) {
    let limit = deadline.map { DispatchTime.now() + $0.dispatchInterval }
    var rest = bytes[...]
    while !rest.isEmpty {
      let attempt = readiness.withDescriptor { descriptor -> (Int, Int32) in
        let sent = rest.withUnsafeBytes { sluice_send(descriptor, $0.baseAddress, $0.count) }
        return (sent, errno)
      }
      guard let (sent, code) = attempt else { throw failure("write", ECANCELED) }
      if sent >= 0 {
        rest = rest.dropFirst(sent)
      } else if code == EAGAIN {
        try await ready(.writing, "write", limit)
      } else if code != EINTR {
        throw failure("write", code)
      }
    }
  }

  /// Signals the other side the end of the data; reading continues.
  public func finishWriting() {
    _ = readiness.withDescriptor { shutdown($0, Int32(SHUT_WR)) }
  }

  /// Again does nothing.
  public func close() { readiness.close() }

  /// The user ID of the process on the other side of a unix socket, as the kernel vouches for it.
  public var peerUser: UInt32? {
    guard case .unix = address else { return nil }
    var user: UInt32 = 0
    let code = readiness.withDescriptor { sluice_peer_user($0, &user) }
    return code == 0 ? user : nil
  }

  private func ready(
    _ interest: DescriptorPoller.Interest, _ call: String, _ limit: DispatchTime?
  ) async throws(SystemError) {
    let outcome = await withTaskCancellationHandler {
      await readiness.wait(for: interest, deadline: limit)
    } onCancel: {
      close()
    }
    switch outcome {
    case .ready: return
    case .timedOut: throw failure(call, ETIMEDOUT)
    case .closed: throw failure(call, ECANCELED)
    }
  }

  func failure(_ call: String, _ code: Int32) -> SystemError {
    SystemError(call, code: code, path: address.description)
  }
}

/// `connect(2)`, whose name the type's own function hides.
private func socketConnect(
  _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
) -> Int32 {
  connect(descriptor, address, length)
}
