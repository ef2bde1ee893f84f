import CSluiceSystem
import Dispatch
import Synchronization

/// A socket that others connect to.
public final class SocketListener: Sendable {
  /// `@unchecked Sendable`: touched under `state` only.
  private struct State: @unchecked Sendable {
    var source: (any DispatchSourceRead)?
    /// The unix socket's file, to know it again before it is removed.
    var file: FileStatus?
  }

  /// With the port that was really taken when 0 was asked for.
  public let address: SocketAddress
  /// The connections, one reader. At most 256 wait to be taken; further ones are closed.
  public let connections: AsyncStream<StreamConnection>
  private let continuation: AsyncStream<StreamConnection>.Continuation
  private let state = Mutex(State())

  /// Listens.
  ///
  /// - Parameter mode: Permission bits of a unix socket's file; in force before any client can
  ///   connect.
  /// - Throws: EADDRINUSE when a process answers there; a socket file without a listener is
  ///   replaced. EEXIST when something else is in the file's place, ENAMETOOLONG when the path is
  ///   longer than the system allows.
  public static func listen(
    _ address: SocketAddress, mode: UInt32 = 0o600
  ) throws(SystemError) -> SocketListener {
    let subject = address.description
    guard let local = try address.resolved().first else {
      throw SystemError("bind", code: EADDRNOTAVAIL, path: subject)
    }
    let socket = Descriptor(owning: try check("socket", subject) { sluice_socket(local.family) })
    switch address {
    case .unix(let path):
      let file = try bindUnix(socket.raw, local, path, mode)
      return SocketListener(owning: socket.release(), address: address, file: file)
    case .tcp(let host, let wanted):
      if wanted != 0, local.withPointer({ AnsweredAddress.mayBeShared($0, $1) }) {
        throw SystemError("bind", code: EADDRINUSE, path: subject)
      }
      var on: Int32 = 1
      let size = socklen_t(MemoryLayout<Int32>.size)
      _ = setsockopt(socket.raw, SOL_SOCKET, SO_REUSEADDR, &on, size)
      try check("bind", subject) { local.withPointer { bind(socket.raw, $0, $1) } }
      try check("listen", subject) { listenNow(socket.raw) }
      let port = try RawAddress(boundTo: socket.raw).port
      return SocketListener(
        owning: socket.release(), address: .tcp(host: host, port: port), file: nil)
    }
  }

  /// Binds under a lock of the directory: two who start at once must not each take the other's
  /// fresh socket for a stale one. Until `listen`, connecting is refused, so the mode holds in time.
  private static func bindUnix(
    _ socket: Int32, _ local: RawAddress, _ path: String, _ mode: UInt32
  ) throws(SystemError) -> FileStatus? {
    let directory = try Descriptor(SplitPath(path).directory, O_RDONLY | O_DIRECTORY)
    try lock(directory.raw, path)
    defer { _ = flock(directory.raw, LOCK_UN) }
    try removeStale(path, local)
    try check("bind", path) { local.withPointer { bind(socket, $0, $1) } }
    try check("chmod", path) { chmod(path, mode_t(mode)) }
    try check("listen", path) { listenNow(socket) }
    return try Files.status(of: path)
  }

  /// The lock is held for microseconds: a holder that keeps it for a second has hung.
  private static func lock(_ directory: Int32, _ path: String) throws(SystemError) {
    for _ in 0..<100 {
      if flock(directory, LOCK_EX | LOCK_NB) == 0 { return }
      usleep(10_000)
    }
    throw SystemError("flock", code: EADDRINUSE, path: path)
  }

  private static func removeStale(_ path: String, _ local: RawAddress) throws(SystemError) {
    guard let status = try Files.status(of: path) else { return }
    guard status.kind == .other else {
      throw SystemError("bind", code: EEXIST, path: path)
    }
    let probe = Descriptor(owning: try check("socket", path) { sluice_socket(AF_UNIX) })
    let refused = local.withPointer { connect(probe.raw, $0, $1) } == -1 && errno == ECONNREFUSED
    guard refused else { throw SystemError("bind", code: EADDRINUSE, path: path) }
    try Files.removeFile(path)
  }

  private init(owning descriptor: Int32, address: SocketAddress, file: FileStatus?) {
    self.address = address
    (connections, continuation) = AsyncStream.makeStream(
      of: StreamConnection.self, bufferingPolicy: .bufferingOldest(256))
    let queue = DispatchQueue(label: "sluice.listener")
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    state.withLock { $0 = State(source: source, file: file) }
    let (address, continuation) = (address, continuation)
    let held = HeldSource(source: source)
    source.setEventHandler {
      Self.acceptAll(descriptor, address, continuation, pausing: held, on: queue)
    }
    source.setCancelHandler { SystemCalls.close(descriptor) }
    source.activate()
  }

  deinit { close() }

  private static func acceptAll(
    _ descriptor: Int32, _ address: SocketAddress,
    _ continuation: AsyncStream<StreamConnection>.Continuation,
    pausing source: HeldSource, on queue: DispatchQueue
  ) {
    // Bounded, so that a flood does not keep `close` waiting.
    for _ in 0..<64 {
      let accepted = sluice_accept(descriptor)
      if accepted == -1 {
        if leavesConnectionWaiting(errno) { pause(source, on: queue) }
        return
      }
      let connection = StreamConnection(owning: accepted, address: address)
      if case .enqueued = continuation.yield(connection) { continue }
      connection.close()
    }
  }

  /// Whether a connection that could not be taken waits on: this process, or the machine, has no room
  /// for one more. After any other error there is none.
  static func leavesConnectionWaiting(_ code: Int32) -> Bool {
    [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(code)
  }

  /// Out of descriptors: the socket stays readable, and would be asked again at once and for ever.
  private static func pause(_ held: HeldSource, on queue: DispatchQueue) {
    held.source.suspend()
    queue.asyncAfter(deadline: .now() + .milliseconds(50)) { held.source.resume() }
  }

  /// `@unchecked Sendable`: Dispatch lets any thread suspend and resume a source.
  private struct HeldSource: @unchecked Sendable { let source: any DispatchSourceRead }

  /// Stops listening, removes the unix socket's file if it is still this one's, and ends
  /// `connections`. Connections taken stay open. Again does nothing.
  public func close() {
    let taken = state.withLock { state -> State in
      defer { state = State() }
      return state
    }
    guard let source = taken.source else { return }
    if case .unix(let path) = address, let file = taken.file,
      let now = try? Files.status(of: path), now.isSameFile(as: file)
    {
      try? Files.removeFile(path)
    }
    source.cancel()
    continuation.finish()
  }
}

/// `listen(2)`, whose name the type's own function hides.
private func listenNow(_ descriptor: Int32) -> Int32 { listen(descriptor, 128) }
