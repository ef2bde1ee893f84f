import SluiceSystem

/// A bound, listening, non-blocking socket, made by hand so that the rules are the same on every
/// system: no SO_REUSEPORT, so a second server on the same port fails.
struct ListeningSocket {
  let descriptor: Int32
  /// 0 for a unix socket.
  let port: UInt16

  private static let backlog: Int32 = 1024

  static func open(_ address: SocketAddress) throws(HTTPError) -> ListeningSocket {
    switch address {
    case .tcp(let host, let port): try openTCP(host, port)
    case .unix(let path): try openUnix(path)
    }
  }

  private static func openTCP(_ host: String, _ port: UInt16) throws(HTTPError) -> ListeningSocket {
    let name = "\(host):\(port)"
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    hints.ai_socktype = CLibrary.streamSocket
    var found: UnsafeMutablePointer<addrinfo>?
    // A server must not wait for a resolver, nor listen where a resolver says.
    let numeric = host == "localhost" ? "127.0.0.1" : host
    guard getaddrinfo(numeric, String(port), &hints, &found) == 0, let info = found else {
      throw HTTPError(
        .resolve, "cannot listen: \"\(host)\" is not an IP address or localhost", url: name)
    }
    defer { freeaddrinfo(info) }
    let descriptor = try makeSocket(info.pointee.ai_family, name)
    if port != 0, let place = info.pointee.ai_addr,
      AnsweredAddress.mayBeShared(place, info.pointee.ai_addrlen)
    {
      errno = EADDRINUSE
      try fail(descriptor, name)
    }
    // Allows a restart while old connections are in TIME_WAIT; not two listeners.
    setOption(descriptor, SOL_SOCKET, SO_REUSEADDR)
    try bind(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen, name)
    try listen(descriptor, name)
    return ListeningSocket(descriptor: descriptor, port: boundPort(descriptor))
  }

  private static func openUnix(_ path: String) throws(HTTPError) -> ListeningSocket {
    let descriptor = try boundUnix(path)
    try listen(descriptor, "unix:\(path)")
    return ListeningSocket(descriptor: descriptor, port: 0)
  }

  /// With its mode set before any client can connect: until `listen` a connection is refused.
  static func boundUnix(_ path: String) throws(HTTPError) -> Int32 {
    let name = "unix:\(path)"
    guard var address = unixAddress(path) else {
      throw HTTPError(.malformed, "cannot listen: the socket's path is too long", url: name)
    }
    let descriptor = try makeSocket(AF_UNIX, name)
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    try withUnsafePointer(to: &address) { pointer throws(HTTPError) in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw throws(HTTPError) in
        removeStaleSocket(path, raw, length)
        try bind(descriptor, raw, length, name, socketFile: path)
      }
    }
    return descriptor
  }

  static func makeSocket(_ family: Int32, _ name: String) throws(HTTPError) -> Int32 {
    let descriptor = socket(family, CLibrary.streamSocket, 0)
    guard descriptor >= 0 else {
      throw HTTPError(.other, "cannot listen: \(systemText(errno))", url: name)
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    makeNonBlocking(descriptor)
    return descriptor
  }

  private static func bind(
    _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ name: String,
    socketFile: String? = nil
  ) throws(HTTPError) {
    if platformBind(descriptor, address, length) == 0,
      socketFile.map({ chmod($0, 0o600) == 0 }) ?? true
    {
      return
    }
    try fail(descriptor, name)
  }

  private static func listen(_ descriptor: Int32, _ name: String) throws(HTTPError) {
    if platformListen(descriptor, backlog) != 0 { try fail(descriptor, name) }
  }

  private static func fail(_ descriptor: Int32, _ name: String) throws(HTTPError) {
    let code = errno
    close(descriptor)
    let advice =
      switch code {
      case EADDRINUSE: "; another process listens there: stop it or choose another address"
      case EACCES: "; this user may not: choose a port above 1023 or a directory of its own"
      case EADDRNOTAVAIL: "; this host has no such address"
      default: ""
      }
    throw HTTPError(.other, "cannot listen: \(systemText(code))\(advice)", url: name)
  }

  /// A socket file without a listener was left behind by an ended process.
  private static func removeStaleSocket(
    _ path: String, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
  ) {
    // A connection to a regular file is refused as well.
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
    let probe = socket(AF_UNIX, CLibrary.streamSocket, 0)
    guard probe >= 0 else { return }
    defer { close(probe) }
    if connect(probe, address, length) != 0, errno == ECONNREFUSED { unlink(path) }
  }

  private static func unixAddress(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    return withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard !bytes.isEmpty, bytes.count < target.count else { return false }
      target.copyBytes(from: bytes)
      return true
    } ? address : nil
  }

  private static func boundPort(_ descriptor: Int32) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        guard getsockname(descriptor, raw, &length) == 0 else { return 0 }
        return UnsafeRawPointer(raw).portInNetworkOrder
      }
    }
  }
}

extension UnsafeRawPointer {
  /// Of a `sockaddr_in` or `sockaddr_in6`: the port is at the same place in both.
  fileprivate var portInNetworkOrder: UInt16 {
    UInt16(bigEndian: loadUnaligned(fromByteOffset: 2, as: UInt16.self))
  }
}

/// The IP address in text; nil for a unix socket.
func addressText(_ address: UnsafePointer<sockaddr>) -> String? {
  let raw = UnsafeRawPointer(address)
  let (offset, size): (Int, Int)
  switch Int32(address.pointee.sa_family) {
  case AF_INET: (offset, size) = (4, Int(INET_ADDRSTRLEN))
  case AF_INET6: (offset, size) = (8, Int(INET6_ADDRSTRLEN))
  default: return nil
  }
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { text in
    guard let start = text.baseAddress else { return nil }
    let family = Int32(address.pointee.sa_family)
    return inet_ntop(family, raw + offset, start, socklen_t(size)).map { String(cString: $0) }
  }
}

// The C functions whose names methods have taken.
private func platformBind(
  _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
) -> Int32 { bind(descriptor, address, length) }
private func platformListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 {
  listen(descriptor, backlog)
}
