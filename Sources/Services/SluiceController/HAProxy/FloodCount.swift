import SluiceCore
import SluiceHAProxy

/// HAProxy's refusals of sources above their limits, over all of its processes that this keeper
/// saw.
public struct FloodCount: Sendable, Hashable, Codable {
  /// Refused connections and, behind a front, refused requests.
  public private(set) var refused: Int64 = 0
  /// Served sessions that are in no log and are no evidence.
  public private(set) var untold: Int64 = 0
  /// When either count last rose: wall clock, milliseconds since 1970.
  public private(set) var lastMilliseconds: Int64?
  /// The last values from HAProxy's process.
  private var process: Int32?
  private var seenRefused: Int64 = 0
  private var seenUntold: Int64 = 0

  /// How long a flood is still reported after its end.
  static let newsMilliseconds: Int64 = 600_000

  public init() {}

  /// No record or log names the sources, but HAProxy knows them.
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

  /// Adds the counts since the last look. Counts from before the first look at a process are
  /// included, even if the keeper did not start that process.
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

  /// The report of a present or recent flood; nil: none.
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
