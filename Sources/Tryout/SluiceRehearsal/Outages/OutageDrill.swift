import SluiceCore
import SluiceController
import SluicePorts
import SluiceSystem

/// One outage after the other on one fleet, each under a steady client; between two all is put right.
struct OutageDrill: Sendable {
  let fleet: RehearsalFleet
  /// How long clients are counted in each outage.
  let seconds: Int
  let say: @Sendable (String) -> Void

  var user: CommandLineUser { CommandLineUser(fleet: fleet) }
  var script: DoctorScript { fleet.layout.doctorScript }

  /// Requests a second.
  static let rate = 50.0
  /// Clients are at it for so long before it happens.
  private static let lead: Duration = .seconds(2)
  /// From one look at the status to the next.
  private static let look: Duration = .seconds(3)

  /// Answers that age within the drill; lanes that fifty requests a second fill by half; a ramp that
  /// holds at its last step.
  static var timing: RehearsalTiming {
    var timing = RehearsalTiming.quick
    timing.lastHoldMilliseconds = 900_000
    timing.progressMilliseconds = 900_000
    timing.doctorMilliseconds = 2_000
    timing.maximumAgeMilliseconds = 5_000
    timing.stableLane = 8
    timing.queueLimit = 24
    return timing
  }

  func play(_ outages: [Outage]) async throws -> [OutageReport] {
    var reports: [OutageReport] = []
    for outage in outages {
      try Task.checkCancellation()
      let report = try await play(outage)
      reports.append(report)
      for line in report.lines { say(line) }
    }
    return reports
  }

  private func play(_ outage: Outage) async throws -> OutageReport {
    try await awaitWell()
    try await prepare(outage)
    let before = try await user.type(["status"]).output
    let restarts = try keeper?.restarts
    let ahead = outage.aheadMilliseconds
    if ahead > 0 {
      try await strike(outage)
      try await SystemClock.sleep(for: .milliseconds(ahead))
    }
    let (clients, watch) = try await count(outage, isStruck: ahead > 0, before: before)
    var troubles = try doctorTroubles(outage)
    if outage.restartsHAProxy, try keeper?.restarts == restarts {
      troubles.append("no keeper started HAProxy")
    }
    troubles += try await mend(outage)
    let isLong = ahead + Int64(seconds) * 1_000 >= outage.noticedAfter
    if isLong, let words = outage.mustSay, !watch.everything.contains(words) {
      troubles.append("sluice status never said \"\(words)\"")
    }
    return OutageReport(outage, clients, said: watch.said, troubles: troubles)
  }

  private var keeper: KeeperRecord? {
    get throws {
      try Traffic.keeper(of: fleet.fleet, fleetPath: fleet.layout.fleetFile)?.sight().record
    }
  }

  private enum Part: Sendable {
    case clients(SteadyReport)
    case status(StatusWatch)
    case end
  }

  /// Counts what clients get, and reads the status meanwhile.
  private func count(
    _ outage: Outage, isStruck: Bool, before: String
  ) async throws -> (SteadyReport, StatusWatch) {
    let client = SteadyClient(
      target: fleet.layout.balancer, token: fleet.token, rate: Self.rate)
    let end = ContinuousClock.now + .seconds(seconds)
    return try await withThrowingTaskGroup(of: Part.self) { group in
      group.addTask { .clients(await client.run()) }
      group.addTask {
        defer { client.stop() }
        try await SystemClock.sleep(for: .seconds(seconds))
        return .end
      }
      group.addTask {
        try await SystemClock.sleep(for: Self.lead)
        if !isStruck { try await strike(outage) }
        var watch = StatusWatch(before: before)
        while true {
          watch.take(try await user.type(["status"]).output)
          guard ContinuousClock.now + Self.look < end else { return .status(watch) }
          try await SystemClock.sleep(for: Self.look)
        }
      }
      if outage == .queues {
        group.addTask {
          let crowd = Crowd(
            target: fleet.layout.balancer, token: fleet.token, count: Self.crowd)
          await Self.until(end) { await crowd.run() }
          return .end
        }
      }
      var clients: SteadyReport?
      var watch: StatusWatch?
      for try await part in group {
        switch part {
        case .clients(let report): clients = report
        case .status(let seen): watch = seen
        case .end: break
        }
      }
      guard let clients, let watch else { throw PortError(.failed, "nothing was counted") }
      return (clients, watch)
    }
  }

  /// As many as fill both stables' lanes five times over.
  private static let crowd = 80

  private static func until(
    _ end: ContinuousClock.Instant, _ body: @escaping @Sendable () async -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await body() }
      group.addTask {
        // Cancelled it is over as well.
        try? await SystemClock.sleep(for: end - .now)
      }
      _ = await group.next()
      group.cancelAll()
    }
  }

  /// Until every gateway and every agent answers, all are in service, and the keeper has nothing to
  /// say.
  private func awaitWell() async throws {
    try await fleet.awaitReady(probes: true, deadline: .seconds(90))
    let balancer = try FleetServices(fleet.fleet).balancer
    let end = ContinuousClock.now + .seconds(60)
    while true {
      let state = try? await balancer.read()
      if let state, let record = try keeper, state.servers.allSatisfy(\.isInService),
        record.trouble == nil,
        record.admission == Admission(), record.silent.isEmpty
      {
        return
      }
      guard ContinuousClock.now < end else {
        throw PortError(
          .failed, "the fleet did not get well again",
          remedy: "Look:  sluice status --fleet \(fleet.layout.fleetFile)")
      }
      try await SystemClock.sleep(for: .milliseconds(100))
    }
  }
}
