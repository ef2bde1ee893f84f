import Dispatch
import SluiceSystem
import Synchronization

/// A client that comes from an IPv4 address of its choice: on Linux each of 127.0.0.0/8 is another
/// one, macOS has 127.0.0.1 alone.
public struct ClientFrom: Sendable {
  public struct Answer: Sendable {
    public let status: Int
    /// Head and body.
    public let text: String
    public let milliseconds: Int64
  }

  private let source: String
  private let port: UInt16

  public init(_ source: String, port: UInt16) {
    self.source = source
    self.port = port
  }

  /// One request on a connection of its own; nil when no whole answer came in time.
  public func get(_ path: String, within milliseconds: Int64 = 2_000) async -> Answer? {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "sluice.test.client").async {
        continuation.resume(returning: exchange(path, milliseconds))
      }
    }
  }

  private func exchange(_ path: String, _ limit: Int64) -> Answer? {
    let began = SystemClock.monotonicMilliseconds()
    guard let socket = try? connect() else { return nil }
    defer { closeSocket(socket) }
    let request = "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    guard sendAll(socket, Array(request.utf8)) else { return nil }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let left = limit - (SystemClock.monotonicMilliseconds() - began)
      var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&entry, 1, Int32(left)) == 1 else { return nil }
      let count = recv(socket, &chunk, chunk.count, 0)
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("HTTP/1.1 "), let status = Int(text.dropFirst(9).prefix(3)) else {
      return nil
    }
    return Answer(
      status: status, text: text, milliseconds: SystemClock.monotonicMilliseconds() - began)
  }

  /// An open socket, the caller's to close.
  func connect() throws -> Int32 {
    let descriptor = socket(AF_INET, CLibrary.streamSocket, 0)
    guard descriptor >= 0 else { throw SystemError("socket", code: errno) }
    CLibrary.quietSocket(descriptor)
    var from = address(source, 0)
    var to = address("127.0.0.1", port)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isConnected = withUnsafePointer(to: &from) { from in
      withUnsafePointer(to: &to) { to in
        from.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) } == 0
          && to.withMemoryRebound(to: sockaddr.self, capacity: 1) { other in
            systemConnect(descriptor, other, size) == 0
          }
      }
    }
    guard isConnected else {
      let code = errno
      closeSocket(descriptor)
      throw SystemError("connect", code: code, path: source)
    }
    return descriptor
  }

  private func address(_ host: String, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, host, &address.sin_addr)
    return address
  }
}

/// Connections that send a head without end, byte by byte: a client who wants to keep a server busy.
public final class DrippingSockets: Sendable {
  private struct State: Sendable {
    var open: [Int32] = []
    var sent = 0
    var ended = 0
  }

  private static let head = Array("GET /readyz HTTP/1.1\r\nHost: a\r\nX-Filler: ".utf8)
  private let client: ClientFrom
  private let state = Mutex(State())

  public init(_ count: Int, from client: ClientFrom) throws {
    self.client = client
    for _ in 0..<count { try open() }
  }

  deinit { close() }

  private func open() throws {
    let socket = try client.connect()
    state.withLock { $0.open.append(socket) }
  }

  /// One byte on each; who was ended comes again at once.
  public func drip() throws {
    let gone = state.withLock { state in
      let byte = state.sent < Self.head.count ? Self.head[state.sent] : UInt8(ascii: "x")
      state.sent += 1
      let gone = state.open.filter { hasEnded($0) || !sendAll($0, [byte]) }
      state.open.removeAll { gone.contains($0) }
      state.ended += gone.count
      return gone
    }
    for socket in gone {
      closeSocket(socket)
      try open()
    }
  }

  /// How many the server has ended so far, as far as was noticed while dripping.
  public var ended: Int { state.withLock { $0.ended } }

  public func close() {
    let open = state.withLock { state in
      defer { state.open = [] }
      return state.open
    }
    open.forEach(closeSocket)
  }
}

private func hasEnded(_ socket: Int32) -> Bool {
  var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
  guard poll(&entry, 1, 0) == 1 else { return false }
  var byte: UInt8 = 0
  return recv(socket, &byte, 1, 0) <= 0
}

private func sendAll(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
  bytes.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, CLibrary.sendFlags) }
    == bytes.count
}

private func closeSocket(_ socket: Int32) { _ = close(socket) }

private func systemConnect(
  _ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
) -> Int32 { connect(socket, address, length) }
