import CMicroHTTPD
import SluiceSystem
import Synchronization

/// An HTTP/1.1 server on libmicrohttpd: one polling thread (or `threads`), none per connection.
///
/// The server calls the handler on its own thread: the handler answers from memory, or passes the
/// responder on and returns. A `HEAD` request reaches the handler as `GET`, and the server omits
/// the body. Requests over a limit are answered (413, 414, 431) without the handler.
public final class HTTPServer: Sendable {
  public struct Options: Sendable {
    public var maximumBodyBytes: Int
    /// Connections beyond this wait until one ends.
    public var connectionLimit: Int
    /// An idle connection is closed after this time; a connection that waits for an answer is not.
    public var idleTimeoutSeconds: Int
    public var threads: Int
    /// Upgraded sockets do not count as connections; one more than this is answered 503.
    public var webSocketLimit: Int
    /// None by default: a gateway's clients are slow for good reasons.
    public var limits = Limits()

    public init(
      maximumBodyBytes: Int = 1 << 20, connectionLimit: Int = 256, idleTimeoutSeconds: Int = 30,
      threads: Int = 1, webSocketLimit: Int = 1024
    ) {
      self.maximumBodyBytes = maximumBodyBytes
      self.connectionLimit = connectionLimit
      self.idleTimeoutSeconds = idleTimeoutSeconds
      self.threads = threads
      self.webSocketLimit = webSocketLimit
    }
  }

  /// The memory of a connection: request line, headers and the answer's headers must fit.
  private static let connectionMemoryBytes = 32 << 10

  private static let farewellMilliseconds = 250

  public let address: SocketAddress
  /// The real one when 0 was asked for; 0 on a unix socket.
  public let port: UInt16

  private let core: ServerCore
  /// The daemon's to close.
  private let listening: Int32
  /// nil once stopped.
  private let daemon: Mutex<Daemon?>

  /// The caller that takes the value out of the mutex calls `MHD_stop_daemon`, once.
  private struct Daemon: @unchecked Sendable { let raw: OpaquePointer }

  private init(
    core: ServerCore, daemon: OpaquePointer, listening: ListeningSocket, address: SocketAddress
  ) {
    self.core = core
    self.daemon = Mutex(Daemon(raw: daemon))
    self.listening = listening.descriptor
    self.port = listening.port
    self.address = address
  }

  deinit { stop() }

  /// Binds, listens and serves from now on.
  ///
  /// Throws when the address is taken (a living server keeps it) or cannot be bound.
  public static func start(
    _ address: SocketAddress, options: Options = .init(),
    handler: @escaping @Sendable (HTTPRequest, HTTPResponder) -> Void
  ) throws(HTTPError) -> HTTPServer {
    let listening = try ListeningSocket.open(address)
    let core = ServerCore(options: options, handler: handler)
    var settings = sluice_mhd_options()
    settings.listening_descriptor = listening.descriptor
    settings.threads = UInt32(max(1, options.threads))
    settings.connection_limit = UInt32(max(1, options.connectionLimit))
    settings.idle_timeout_seconds = UInt32(max(1, options.idleTimeoutSeconds))
    settings.connection_memory_bytes = connectionMemoryBytes
    settings.context = Unmanaged.passUnretained(core).toOpaque()
    settings.admits = admits
    settings.on_connection = onConnection
    settings.on_target = onTarget
    settings.on_request = onRequest
    settings.on_completed = onCompleted
    guard let daemon = sluice_mhd_start(&settings) else {
      // The library has closed the listening socket.
      throw HTTPError(
        .other, "the server does not start: \(systemText(errno)); are descriptors or threads left?",
        url: "\(address)")
    }
    let real: SocketAddress =
      if case .tcp(let host, _) = address { .tcp(host: host, port: listening.port) } else {
        address
      }
    return HTTPServer(core: core, daemon: daemon, listening: listening, address: real)
  }

  /// Answers waiting requests with 503, closes WebSockets with 1001, and closes the port.
  /// Idempotent.
  ///
  /// Returns when the server's threads have ended, at most a quarter of a second later than they
  /// could, so that clients can read their last answers. Called from the handler, on one of these
  /// threads, it returns at once and the end follows.
  public func stop() {
    let taken = daemon.withLock { daemon in
      let taken = daemon
      daemon = nil
      return taken
    }
    guard let taken else { return }
    let waiting = core.beginStop()
    let (core, address, listening) = (core, address, listening)
    let finish: @Sendable () -> Void = {
      // Stopping cuts connections: the last answers and close frames get a moment to leave.
      var left = Self.farewellMilliseconds
      while left > 0, core.hasWebSockets || waiting.contains(where: { !$0.isCompleted }) {
        usleep(1000)
        left -= 1
      }
      // The library only closes it: a child that is just being spawned may hold a copy, which would
      // keep the port for a moment.
      shutdown(listening, Int32(SHUT_RDWR))
      MHD_stop_daemon(taken.raw)
      if case .unix(let path) = address { unlink(path) }
      // The daemon's callbacks held it unretained until here.
      withExtendedLifetime(core) {}
    }
    if ServerThread.isCurrent {
      // Joining a thread from itself never ends.
      guard PlainThread.start(finish) else {
        // The daemon lives on and may still call.
        _ = Unmanaged.passRetained(core)
        return
      }
    } else {
      finish()
    }
  }
}

private let admits: MHD_AcceptPolicyCallback = { context, address, _ in
  guard let context else { return .NO }
  let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
  return core.desk.admits(address) ? .YES : .NO
}

private let onConnection: MHD_NotifyConnectionCallback = { context, connection, slot, event in
  guard let context, let connection, let slot else { return }
  let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
  // MHD_CONNECTION_NOTIFY_STARTED, which is imported under another name by each compiler.
  if event.rawValue == 0 {
    let number = core.desk.began(
      sluice_mhd_client_address(connection), descriptor: sluice_mhd_descriptor(connection))
    slot.pointee = UnsafeMutableRawPointer(bitPattern: number)
  } else {
    core.desk.gone(UInt(bitPattern: slot.pointee))
  }
}

private let onTarget: sluice_mhd_target_callback = { context, target, connection in
  guard let context, let target, let connection else { return nil }
  let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
  let request = ServerRequest(
    core: core, target: String(cString: target), connection: sluice_mhd_number(connection))
  return Unmanaged.passRetained(request).toOpaque()
}

private let onRequest: MHD_AccessHandlerCallback = {
  _, connection, _, method, version, bytes, count, slot in
  guard let connection, let method, let count, let opaque = slot?.pointee else { return .NO }
  let request = Unmanaged<ServerRequest>.fromOpaque(opaque).takeUnretainedValue()
  let chunk = UnsafeRawBufferPointer(start: bytes, count: count.pointee)
  count.pointee = 0
  return ServerThread.run { request.proceed(connection, method: method, chunk) }
}

private let onCompleted: MHD_RequestCompletedCallback = { _, _, slot, _ in
  guard let opaque = slot?.pointee else { return }
  slot?.pointee = nil
  let request = Unmanaged<ServerRequest>.fromOpaque(opaque)
  request.takeUnretainedValue().complete()
  request.release()
}
