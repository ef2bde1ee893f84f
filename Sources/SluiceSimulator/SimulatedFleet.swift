import SluiceCore
import SluicePorts
import Synchronization

/// How good a release is: what its sessions look like.
public struct Quality: Sendable {
  public var errorPermille: Int
  /// Milliseconds that a session takes at the least; up to as much again on top.
  public var latencyMilliseconds: Int64

  public init(errorPermille: Int, latencyMilliseconds: Int64) {
    self.errorPermille = errorPermille
    self.latencyMilliseconds = latencyMilliseconds
  }
}

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
    /// The log loses what is served before this.
    var unloggedUntil: Int64 = 0
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
      time: time, links: hosts, balancer: balancer, evidence: sessions, ledger: ledger,
      lease: SimulatedLease(), archive: archive, makeJudge: judge)
  }

  /// The same for a controller that can be put to sleep and killed.
  public func env(
    leash: Leash, beforeAppend: @escaping @Sendable () async -> SimulatedLedger.Death?,
    judge: @escaping @Sendable () -> any Judge
  ) -> Env {
    var env = env(judge: judge)
    env.links = hosts.mapValues { LeashedLink(link: $0, leash: leash) }
    env.balancer = LeashedBalancer(balancer: balancer, leash: leash)
    env.ledger = LeashedLedger(ledger: ledger, leash: leash, beforeAppend: beforeAppend)
    return env
  }

  /// Lets a fault happen that lies with the world; those of controllers and persons are the
  /// caller's.
  public func strike(_ fault: Fault) async {
    switch fault {
    case .hostIsSilent(let host, let milliseconds):
      await hosts[host]?.setSilent(milliseconds: milliseconds)
    case .answersAreLost(let host, let count): await hosts[host]?.loseAnswers(count)
    case .requestsAreLost(let host, let count): await hosts[host]?.loseRequests(count)
    case .agentDiesInSwing(let host): await hosts[host]?.dieInSwing()
    case .gatewayCrashes(let host): await hosts[host]?.crash()
    case .gatewayIsRestarted(let host): await hosts[host]?.restartBySomebody()
    case .probeSays(let host, let status, let looks): await hosts[host]?.say(status, looks: looks)
    case .balancerIsSilent(let requests): await balancer.refuseNext(requests)
    case .balancerAnswersAreLost(let count): await balancer.loseAnswers(count)
    case .balancerIsDeaf(let requests): await balancer.setDeaf(requests: requests)
    case .balancerRestarts: await balancer.restart()
    case .shareIsSet(let share): await balancer.setShare(share)
    case .evidenceIsLost(let milliseconds):
      traffic.withLock { $0.unloggedUntil = time.milliseconds + milliseconds }
    case .diskIsFull(let appends): await ledger.setFull(appends: appends)
    case .writerReboots: time.reboot()
    case .wallClockJumps(let milliseconds): time.jump(milliseconds: milliseconds)
    case .controllerDies, .controllerSleeps, .asked: break
    }
    effects.record(.fault("\(fault)"))
  }

  /// Ends every fault: from here on a promotion must come to its end.
  public func heal() async {
    for host in hosts.values { await host.heal() }
    await balancer.refuseNext(0)
    await balancer.loseAnswers(0)
    await balancer.setDeaf(requests: 0)
    await ledger.setFull(appends: 0)
    traffic.withLock { $0.unloggedUntil = 0 }
    effects.record(.fault("healed"))
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
    let now = time.now().wallMilliseconds
    var versions: [HostName: String] = [:]
    for (name, host) in hosts { versions[name] = await host.running.version }
    for (sequence, first, second) in draws {
      let assigned = state.assign(draw: Int(first % 10_000), pick: Int(first >> 32))
      guard let host = assigned.host, let version = versions[host] else { continue }
      let quality = qualities[version] ?? Quality(errorPermille: 3, latencyMilliseconds: 100)
      let fails = Int(second % 1_000) < quality.errorPermille
      let spread = Int64((second >> 32) % UInt64(quality.latencyMilliseconds))
      records.append(
        SessionRecord(
          process: 4_242, sequence: sequence, assignedMilliseconds: now, arm: assigned.arm,
          why: assigned.why, generation: state.weights.generation, host: host,
          status: fails ? 502 : 200,
          ending: "----", activeMilliseconds: quality.latencyMilliseconds + spread,
          isWebSocket: false, wasRetried: false))
    }
    let isLosing = traffic.withLock { time.milliseconds < $0.unloggedUntil }
    await sessions.setLosing(isLosing)
    await sessions.add(records)
  }
}
