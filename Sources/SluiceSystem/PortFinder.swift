import CSluiceSystem

/// Free ports of the loopback interface.
public enum PortFinder {
  /// Different free ports, found by binding them all at once and letting go: nobody keeps them for
  /// the caller, so use them soon.
  public static func freeLoopbackPorts(_ count: Int) throws(SystemError) -> [UInt16] {
    var sockets: [Int32] = []
    defer { for socket in sockets { Glue.close(socket) } }
    var ports: [UInt16] = []
    for _ in 0..<count {
      let socket = sluice_socket(AF_INET)
      guard socket >= 0 else { throw .last("socket") }
      sockets.append(socket)
      ports.append(try bindFreePort(socket))
    }
    return ports
  }

  private static func bindFreePort(_ socket: Int32) throws(SystemError) -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(socket, raw, length) == 0 ? getsockname(socket, raw, &length) : -1
      }
    }
    guard code == 0 else { throw .last("bind", "127.0.0.1:0") }
    return UInt16(bigEndian: address.sin_port)
  }
}
