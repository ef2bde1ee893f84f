import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus
import SluiceSystem

/// How each outage is made, and put right.
extension OutageDrill {
  private static let share = Share(basisPoints: 4_000)

  /// The conditions before clients are counted.
  func prepare(_ outage: Outage) async throws {
    guard outage == .haproxyInRamp else { return }
    let (plan, answer) = try await user.plan(SkillPack.good.tag)
    guard let plan else {
      throw PortError(.failed, "the plan cannot be run: \(answer.words)")
    }
    let begun = try await user.type(["promote", plan, "--detach"])
    guard begun.code == 0 else { throw PortError(.failed, "sluice promote: \(begun.words)") }
    // Without clients there is no evidence to widen on.
    let clients = SteadyClient(target: fleet.layout.balancer, token: fleet.token, rate: Self.rate)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { _ = await clients.run() }
      group.addTask {
        defer { clients.stop() }
        try await awaitShare()
      }
      try await group.waitForAll()
    }
  }

  private func awaitShare() async throws {
    let balancer = try FleetServices(fleet.fleet).balancer
    let end = ContinuousClock.now + .seconds(120)
    while try await balancer.read().weights.share != Self.share {
      guard ContinuousClock.now < end else {
        throw PortError(.failed, "the promotion did not get to 40 %")
      }
      try await SystemClock.sleep(for: .milliseconds(100))
    }
  }

  func strike(_ outage: Outage) async throws {
    switch outage {
    case .agents:
      let agents = fleet.processes.running().filter { $0.name.hasPrefix("agent-") }
      guard agents.count == fleet.layout.hosts.count else {
        throw PortError(.failed, "only \(agents.count) agents run")
      }
      for item in agents { try await fleet.kill(item.process) }
    case .doctorHung, .doctorSilent, .doctorRed: try outage.doctor.map { try script.set($0) }
    case .queues: break
    case .haproxyInRamp, .haproxy:
      guard let item = fleet.processes.running().first(where: { $0.name == "balancer" }) else {
        throw PortError(.failed, "there is no HAProxy to be killed")
      }
      try await fleet.kill(item.process)
    case .next:
      for host in fleet.layout.hosts { try Self.next(of: host, "/nowhere") }
    case .deaf:
      try Disk.translating { () throws(SystemError) in
        try Files.removeFile(fleet.layout.balancerSocket)
      }
    }
  }

  /// Doctor must have been asked on every host while it failed.
  func doctorTroubles(_ outage: Outage) throws -> [String] {
    guard let mode = outage.doctor else { return [] }
    let asked = try script.hosts(asked: mode)
    let hosts = fleet.layout.hosts.count
    return asked == hosts ? [] : ["Doctor was asked on \(asked) of \(hosts) hosts"]
  }

  /// - Returns: what was not as it should be at the end of the outage.
  func mend(_ outage: Outage) async throws -> [String] {
    switch outage {
    case .agents: try await fleet.startAgents()
    case .doctorHung, .doctorSilent, .doctorRed: try script.set(.well)
    case .next:
      for host in fleet.layout.hosts { try Self.next(of: host, SkillPack.current.version) }
    case .haproxyInRamp: return try await takeBack()
    case .queues, .haproxy, .deaf: break
    }
    return []
  }

  /// The promotion held its share with the new HAProxy, and goes back.
  private func takeBack() async throws -> [String] {
    if let promotion = try await LedgerReading.load(fleet.fleet.writer).replay.promotion,
      promotion.phase.isTerminal
    {
      return [
        "the promotion did not hold: \(promotion.rollbackCause?.sentence ?? promotion.phase.title)"
      ]
    }
    let share = try await FleetServices(fleet.fleet).balancer.read().weights.share
    let answer = try await user.type(["rollback"])
    guard answer.code == 0 else {
      throw PortError(.failed, "the promotion cannot be rolled back: \(answer.words)")
    }
    return share == Self.share ? [] : ["the share was \(share) afterwards"]
  }

  private static func next(of host: RehearsalLayout.Host, _ target: String) throws(PortError) {
    try Disk.translating { () throws(SystemError) in
      try Files.swingLink("\(host.skills)/next", to: target, token: "drill")
    }
  }
}

extension Outage {
  fileprivate var doctor: DoctorScript.Mode? {
    switch self {
    case .doctorHung: .hung
    case .doctorSilent: .silent
    case .doctorRed: .red
    default: nil
    }
  }
}
