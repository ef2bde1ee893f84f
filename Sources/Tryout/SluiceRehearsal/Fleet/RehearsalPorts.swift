import SluicePorts
import SluiceSystem

/// The ports of a rehearsal, all of loopback.
struct RehearsalPorts: Sendable, Hashable {
  let numbers: [UInt16]

  /// Different ports without a listener, from a random port on.
  static func find(
    _ count: Int, startingAt first: UInt16? = nil
  ) throws(PortError) -> RehearsalPorts {
    do {
      return RehearsalPorts(
        numbers: try PortFinder.freeLoopbackPorts(count, startingAt: first))
    } catch {
      let range = PortFinder.range
      throw PortError(
        .failed,
        "\(count) free ports on 127.0.0.1 "
          + "between \(range.lowerBound) and \(range.upperBound) cannot be found: \(error)",
        remedy: "End what listens there: an earlier rehearsal says how to stop it.")
    }
  }
}
