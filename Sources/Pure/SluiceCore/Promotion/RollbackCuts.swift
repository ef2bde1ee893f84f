/// The sessions that a rollback cut at the end of its drain, by the answers of balancer and hosts.
/// A turn can be in both figures: as a connection of the balancer, and as a run of the gateway.
public struct RollbackCuts: Sendable, Hashable {
  public var connections = 0
  public var runs = 0

  /// `2 connections and 1 run`; nil if nothing was cut.
  public var words: String? {
    let parts = [(connections, "connection"), (runs, "run")].filter { $0.0 > 0 }
      .map { "\(Wording.count($0.0)) \($0.1)\($0.0 == 1 ? "" : "s")" }
    return parts.isEmpty ? nil : parts.joined(separator: " and ")
  }
}
