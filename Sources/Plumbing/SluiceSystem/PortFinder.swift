import CSluiceSystem
import Synchronization

/// Free ports of the loopback interface.
public enum PortFinder {
  /// Below the ports that a system gives to outgoing connections (Linux begins at 32768, macOS at
  /// 49152), so that no outgoing connection takes the port of a restarting server.
  public static let range: Range<UInt16> = 20_000..<32_000

  private static let given = Mutex<Set<UInt16>>([])

  /// Different ports without a listener that this process was not given before, so that two of its
  /// servers never share one.
  ///
  /// The ports are not reserved, so use them soon.
  /// - Parameter first: Where to begin to look; a random port of the range by default.
  /// - Throws: `EADDRNOTAVAIL` when the range does not hold so many.
  public static func freeLoopbackPorts(
    _ count: Int, startingAt first: UInt16? = nil
  ) throws(SystemError) -> [UInt16] {
    var found: [UInt16] = []
    var candidate = first ?? UInt16.random(in: range)
    for _ in range where found.count < count {
      if isFree(candidate), given.withLock({ $0.insert(candidate).inserted }) {
        found.append(candidate)
      }
      candidate = candidate + 1 < range.upperBound ? candidate + 1 : range.lowerBound
    }
    guard found.count == count else {
      throw SystemError("bind", code: EADDRNOTAVAIL, path: "127.0.0.1:\(range.lowerBound)")
    }
    return found
  }

  /// Bound and let go at once: a listener would hold the port until its own queue closes it.
  private static func isFree(_ port: UInt16) -> Bool {
    let socket = sluice_socket(AF_INET)
    guard socket >= 0 else { return false }
    defer { SystemCalls.close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 }
    }
  }
}
