/// A socket address as the kernel reads it.
struct RawAddress: Sendable {
  var storage = sockaddr_storage()
  var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  var family: Int32 { Int32(storage.ss_family) }

  /// Of a unix socket.
  ///
  /// - Throws: ENAMETOOLONG beyond 103 (macOS) or 107 (Linux) bytes.
  init(unixPath path: String) throws(SystemError) {
    let bytes = Array(path.utf8)
    var address = sockaddr_un()
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard !bytes.contains(0) else { throw SystemError("bind", code: EINVAL, path: path) }
    guard bytes.count < capacity else {
      throw SystemError("bind", code: ENAMETOOLONG, path: path)
    }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    withUnsafeMutableBytes(of: &storage) { target in
      withUnsafeBytes(of: address) { target.copyMemory(from: $0) }
    }
    length = socklen_t(MemoryLayout<sockaddr_un>.size)
  }

  init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
    self.length = length
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
    }
  }

  /// The address that a socket is bound to.
  init(boundTo descriptor: Int32) throws(SystemError) {
    let code = withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    if code == -1 { throw SystemError("getsockname", code: errno) }
  }

  /// Of a TCP socket, else 0.
  var port: UInt16 {
    withUnsafePointer(to: storage) { storage in
      switch Int32(storage.pointee.ss_family) {
      case AF_INET:
        storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          UInt16(bigEndian: $0.pointee.sin_port)
        }
      case AF_INET6:
        storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
          UInt16(bigEndian: $0.pointee.sin6_port)
        }
      default: 0
      }
    }
  }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// All addresses of a host. Blocks while a name is looked up: numbers and names of the hosts file
  /// take no time, others as long as the network's name service likes.
  static func resolve(_ host: String, port: UInt16) throws(SystemError) -> [RawAddress] {
    let subject = SocketAddress.tcp(host: host, port: port).description
    var hints = addrinfo()
    hints.ai_socktype = CLibrary.streamSocket
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else {
      throw SystemError("resolve", code: EADDRNOTAVAIL, path: subject)
    }
    var addresses: [RawAddress] = []
    var entry = list
    while let current = entry {
      if let address = current.pointee.ai_addr {
        addresses.append(RawAddress(copying: address, length: current.pointee.ai_addrlen))
      }
      entry = current.pointee.ai_next
    }
    return addresses
  }
}

extension SocketAddress {
  /// Everywhere the address may mean; blocks as `RawAddress.resolve` does.
  func resolved() throws(SystemError) -> [RawAddress] {
    switch self {
    case .unix(let path): [try RawAddress(unixPath: path)]
    case .tcp(let host, let port): try RawAddress.resolve(host, port: port)
    }
  }

  /// Whether resolving it cannot wait for the network.
  var isNumeric: Bool {
    switch self {
    case .unix: return true
    case .tcp(let host, _):
      var four = in_addr()
      var six = in6_addr()
      return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }
  }
}
