import SluiceCore
import SluiceHAProxy

/// What HAProxy kept back of sources that want too much, over all of its processes that this keeper saw.
public struct FloodCount: Sendable, Hashable, Codable {
  /// Connections and, behind a front, requests that were refused.
  public private(set) var refused: Int64 = 0
  /// Sessions that were served, stand in no log and are no evidence.
  public private(set) var untold: Int64 = 0
  /// When either grew last: wall clock, milliseconds since 1970.
  public private(set) var lastMilliseconds: Int64?
  /// As HAProxy's process told them last.
  private var process: Int32?
  private var seenRefused: Int64 = 0
  private var seenUntold: Int64 = 0

  /// A flood is still reported for so long after its end.
  static let newsMilliseconds: Int64 = 600_000

  public init() {}

  /// Who it is stands in no record and no log, but HAProxy can be asked.
  static func remedy(_ spec: HAProxySpec) -> String {
    "see which addresses:  echo 'show table \(HAProxyConfiguration.sourceTable)' | socat stdio "
      + "\(spec.directory)/adm.sock   and bar them before the balancer; an application that "
      + "needs more: balancer.connections_per_source in sluice.yaml"
  }

  enum CodingKeys: String, CodingKey {
    case refused, untold, process
    case lastMilliseconds = "last_ms"
    case seenRefused = "seen_refused"
    case seenUntold = "seen_untold"
  }

  /// Counts what came since the last look. What was before the first look at a process that the keeper
  /// did not see start is counted, too.
  public mutating func take(_ now: ManagedHAProxy.KeptBack, at moment: Int64) {
    if process != now.processID { (seenRefused, seenUntold) = (0, 0) }
    process = now.processID
    let more = max(0, now.refused.subtractingClamped(seenRefused))
    let quiet = max(0, now.untold.subtractingClamped(seenUntold))
    (seenRefused, seenUntold) = (now.refused, now.untold)
    guard more > 0 || quiet > 0 else { return }
    refused = refused.addingClamped(more)
    untold = untold.addingClamped(quiet)
    lastMilliseconds = moment
  }

  /// What there is to be told of a flood that goes on, or was a moment ago; nil: nothing.
  public func news(now: Int64) -> String? {
    guard let last = lastMilliseconds, now.subtractingClamped(last) < Self.newsMilliseconds else {
      return nil
    }
    var parts: [String] = []
    if refused > 0 {
      parts.append(
        "\(refused) connections or requests were refused, because their address had as many as it may "
          + "have or made mistakes without end")
    }
    if untold > 0 {
      parts.append(
        "\(untold) sessions of addresses that ask without end were served and do not count as evidence"
      )
    }
    return parts.joined(separator: "; ")
  }
}
