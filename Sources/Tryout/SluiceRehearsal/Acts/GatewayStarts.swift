import SluiceCore
import SluiceSystem

/// Whether a gateway was restarted once for every swing, and not once more.
extension RehearsalFleet {
  /// How often every gateway has been started, by its own count: the stand-in's log of its starts,
  /// or how often the real one said that it is ready.
  func gatewayStarts() -> [HostName: Int] {
    layout.hosts.reduce(into: [:]) { counts, host in
      let isReal = programs.build != nil
      let log = isReal ? host.gatewayLog : "\(host.openclaw)/state/starts.log"
      let lines = try? Files.readText(log).split(separator: "\n")
      counts[host.name] = lines?.count { !isReal || $0.hasSuffix("[gateway] ready") } ?? 0
    }
  }

  /// Starts that no swing of the ledger explains.
  func surplusStarts(since before: [HostName: Int], _ story: LedgerStory) -> [String] {
    let now = gatewayStarts()
    return layout.hosts.compactMap { host in
      let starts = (now[host.name] ?? 0) - (before[host.name] ?? 0)
      let swings = story.swingCounts[host.name] ?? 0
      return starts > swings ? "\(host.name) started \(starts) times for \(swings) swings" : nil
    }
  }
}
