import SluiceCore
import SluicePorts
import Synchronization
import SluiceSystem

/// A fleet in memory: hosts, balancer, sessions, ledger, lease and clock, all from one seed.
public final class SimulatedFleet: Sendable {
  public let fleet: Fleet
  public let time = SimulatedTime()
  public let hosts: [HostName: SimulatedHost]
  public let balancer: SimulatedBalancer
  public let effects: EffectLog
  public let sessions = SimulatedSessions()
  public let ledger: SimulatedLedger
  public let archive = SimulatedArchive()
  private let qualities: [String: Quality]
  private let traffic: Mutex<Traffic>

  private struct Traffic {
    var random: SplitMix64
    var sequence: Int64 = 0
    /// Sessions per second, in thousandths that have not become a session yet.
    var owed: Int64 = 0
    let perSecond: Int64
  }

  public init(
    _ fleet: Fleet, runs release: Release, seed: UInt64, sessionsPerSecond: Int64,
    qualities: [String: Quality], share: Share = .zero
  ) {
    let (time, effects) = (time, EffectLog())
    self.fleet = fleet
    self.qualities = qualities
    self.effects = effects
    ledger = SimulatedLedger(effects: effects)
    hosts = Dictionary(
      uniqueKeysWithValues: fleet.hosts.map {
        ($0.name, SimulatedHost($0.name, runs: release, time: time, effects: effects))
      })
    balancer = SimulatedBalancer(
      fleet: fleet, weights: Weights(share: share, pinEpoch: 1, generation: 1), effects: effects)
    traffic = Mutex(Traffic(random: SplitMix64(seed: seed), perSecond: sessionsPerSecond))
    time.whenTimePasses { [weak self] milliseconds in await self?.serve(for: milliseconds) }
  }

  /// A controller's environment; each controller brings its own judge.
  public func env(judge: @escaping @Sendable () -> any Judge) -> Env {
    Env(
      time: time, hosts: hosts, balancer: balancer, evidence: sessions, ledger: ledger,
      lease: SimulatedLease(), archive: archive, makeJudge: judge)
  }

  private func serve(for milliseconds: Int64) async {
    let draws = traffic.withLock { traffic in
      traffic.owed += milliseconds * traffic.perSecond
      let count = traffic.owed / 1_000
      traffic.owed %= 1_000
      return (0..<count).map { _ in
        traffic.sequence += 1
        return (traffic.sequence, traffic.random.next(), traffic.random.next())
      }
    }
    var records: [SessionRecord] = []
    let state = await balancer.state
    let pools = Pools(state)
    let now = time.now().wallMilliseconds
    var versions: [HostName: String] = [:]
    for (name, host) in hosts { versions[name] = await host.running.version }
    for (sequence, first, second) in draws {
      var assigned = pools.assign(
        draw: Int(first % 10_000), pick: Int(first >> 32), share: state.weights.share)
      // One session in sixteen is of a tenant, if the weights pin one.
      let tenant = (first >> 16) % 16 == 0 ? state.weights.tenants.first : nil
      if tenant != nil, state.weights.share > .zero, let canary = pools.canaries.first {
        assigned = (.canary, .cohort, canary)
      }
      guard let host = assigned.place, let version = versions[host] else { continue }
      let quality = qualities[version] ?? Quality(errorPermille: 3, latencyMilliseconds: 100)
      let fails = Int(second % 1_000) < quality.errorPermille
      let spread = Int64((second >> 32) % UInt64(quality.latencyMilliseconds))
      records.append(
        SessionRecord(
          process: 4_242, sequence: sequence, assignedMilliseconds: now, arm: assigned.arm,
          why: assigned.why, generation: state.weights.generation, host: host,
          status: fails ? 502 : 200,
          ending: "----", activeMilliseconds: quality.latencyMilliseconds + spread,
          isWebSocket: false, wasRetried: false, tenant: tenant))
    }
    await sessions.add(records)
  }
}
