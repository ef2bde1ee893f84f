import SluiceCore
import SluicePorts
import SluiceSimulator

// The simulated fleet's answer to an order.

extension Story {
  func outcome(of order: Order) async throws -> Outcome {
    do { return try await carriedOut(order) } catch let error as PortError {
      return .failed(
        CommandFailure(
          message: error.message, remedy: error.remedy,
          isUnknown: error.kind == .unknown || error.kind == .unreachable))
    }
  }

  private func carriedOut(_ order: Order) async throws -> Outcome {
    let plan = try current().plan
    let (epoch, balancer) = (Epoch(1), world.balancer)
    switch order.command {
    case .preflight: return .inspected(blockers: BalancerCheck.blockers(of: plan))
    case .prepare(let host):
      return try await placed(order, on: host, .place(plan, links: false))
    case .place(let host): return try await placed(order, on: host, .place(plan))
    case .swing(let swing):
      _ = try await balancer.takeOut(swing.host, epoch: epoch)
      let request = SwingRequest(
        release: swing.release, next: swing.next, policy: swing.policy(plan.fleet.swing),
        state: swing.state, deadMan: plan.deadMan(of: swing, order.id))
      guard case .swung(let report) = try await report(swing.host, .swing(request), order) else {
        throw Fault(description: "\(swing.host) did not swing")
      }
      _ = try await balancer.giveBack(swing.host, epoch: epoch, deadline: .seconds(1))
      return .swung(report)
    case .apply(let weights): return .applied(try await balancer.apply(weights, epoch: epoch))
    case .disarm(let host):
      guard case .disarmed = try await report(host, .disarm, order) else {
        throw Fault(description: "\(host) did not disarm")
      }
      return .disarmed
    case .evict: return .evicted(ended: 2, cut: 1)
    case .assess(let generation, _): return .assessed(try await watch(generation, plan))
    case .verify:
      return .verified(
        Verification(
          weights: await balancer.state.weights, faults: await faults(plan.snapshot),
          balancerFault: nil))
    case .wait: return .waited
    case .archive: return .archived
    case .conclude: return .concluded
    }
  }

  private func report(_ host: HostName, _ operation: HostOperation, _ order: Order)
    async throws -> HostReport
  {
    guard let host = world.hosts[host] else { throw Fault(description: "no host \(host)") }
    return try await host.perform(
      operation, id: order.id, epoch: Epoch(1), deadline: .seconds(10))
  }

  private func faults(_ snapshot: Snapshot) async -> [HostName: String] {
    var faults: [HostName: String] = [:]
    for (name, host) in world.hosts {
      let version = await host.running.version
      if await !host.isReachable {
        faults[name] = "\(name) does not answer"
      } else if version != snapshot.hosts[name]?.marker.version {
        faults[name] = "\(name) runs \(version)"
      }
    }
    return faults
  }

  private func placed(_ order: Order, on host: HostName, _ operation: HostOperation)
    async throws -> Outcome
  {
    guard case .placed(let report) = try await report(host, operation, order) else {
      throw Fault(description: "\(host) placed nothing")
    }
    return .placed(report)
  }

  private func watch(_ generation: Int64, _ plan: Plan) async throws -> Watch {
    var hosts: [HostName: Watch.HostWatch] = [:]
    for host in plan.fleet.gateways {
      guard let link = world.hosts[host.name] else { continue }
      hosts[host.name] = Watch.HostWatch(try await link.ask(.probe, deadline: .seconds(10)))
    }
    var assessment = verdict
    assessment.generation = generation
    let share = await world.balancer.state.weights.share.basisPoints
    assessment.share = Assessment.MeasuredShare(
      canaryDraws: share, draws: 10_000, estimate: share, low: max(0, share - 50),
      high: share + 50)
    return Watch(
      assessment: assessment, hosts: hosts, balancer: try await world.balancer.read())
  }

  /// - Parameter word: a verdict's name.
  static func assessment(_ word: String, sessions: Int, of generation: Int64) -> Assessment {
    let verdict = Verdict(rawValue: word) ?? .insufficient
    let errors = verdict == .fail ? sessions / 2 : 0
    return Assessment(
      generation: generation, verdict: verdict,
      reasons: [
        verdict == .fail
          ? "\(errors) of \(sessions) canary sessions failed" : "\(sessions) canary sessions"
      ],
      canary: .init(sessions: sessions, errors: errors, p50: 90, p95: 140),
      stable: .init(sessions: 10 * sessions, errors: 0, p50: 90, p95: 140),
      share: nil, wanted: verdict == .insufficient ? 30 - sessions : 0, lost: 0, held: 0,
      oddsAgainstHealthy: nil)
  }
}
