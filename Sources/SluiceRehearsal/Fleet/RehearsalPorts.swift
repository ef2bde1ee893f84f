import SluicePorts
import SluiceSystem

/// The ports of a rehearsal, all of loopback.
///
/// Below the range that the system gives to outgoing connections: while a gateway restarts, the
/// load's own connections must not be given its port (Linux begins at 32768, macOS at 49152).
struct RehearsalPorts: Sendable, Hashable {
  static let range: Range<UInt16> = 20_000..<32_000
  private static let attempts = 4_000

  let numbers: [UInt16]

  /// Different ports that nobody listens at now, looked for from a random one on.
  static func find(
    _ count: Int, startingAt first: UInt16? = nil
  ) throws(PortError) -> RehearsalPorts {
    var found: [UInt16] = []
    var candidate = first ?? UInt16.random(in: range)
    for _ in 0..<attempts where found.count < count {
      if isFree(candidate) { found.append(candidate) }
      candidate = candidate + 1 < range.upperBound ? candidate + 1 : range.lowerBound
    }
    guard found.count == count else {
      throw PortError(
        .failed,
        "only \(found.count) of \(count) ports are free on 127.0.0.1 "
          + "between \(range.lowerBound) and \(range.upperBound)",
        remedy: "End what listens there: an earlier rehearsal says how to stop it.")
    }
    return RehearsalPorts(numbers: found)
  }

  private static func isFree(_ port: UInt16) -> Bool {
    guard let listener = try? SocketListener.listen(.tcp(host: "127.0.0.1", port: port)) else {
      return false
    }
    listener.close()
    return true
  }
}
