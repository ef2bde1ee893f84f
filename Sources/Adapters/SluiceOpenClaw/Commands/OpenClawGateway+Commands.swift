import SluiceCore
import SluicePorts
import SluiceSystem

/// Questions without a protocol, or without one yet: Sluice asks the command-line program.
extension OpenClawGateway {
  public func profile() async -> GatewayProfile { await commandLine.choice().profile }

  // MARK: Doctor and the configuration

  public func doctor(tenants: [String]) async throws(PortError) -> [String: DoctorReport] {
    guard await commandLine.choice().dialect.name == .runbook, !tenants.isEmpty else {
      return [ProbeInputs.wholeGateway: try await doctor(of: nil)]
    }
    var reports: [String: DoctorReport] = [:]
    for tenant in tenants { reports[tenant] = try await doctor(of: tenant) }
    return reports
  }

  private func doctor(of tenant: String?) async throws(PortError) -> DoctorReport {
    guard let (output, shown) = try await commandLine.run(.doctor, filling: Self.naming(tenant))
    else {
      let build = await commandLine.choice().build ?? "that old"
      return CommandReaders.doctorOfConfiguration(
        try await configurationFaults(of: tenant), build: build)
    }
    guard let report = CommandReaders.doctor(output) else {
      throw failure(of: output, shown, "gave no report")
    }
    return report
  }

  public func configurationFaults(tenants: [String]) async throws(PortError) -> [String] {
    guard await commandLine.choice().dialect.name == .runbook, !tenants.isEmpty else {
      return try await configurationFaults(of: nil)
    }
    var faults: [String] = []
    for tenant in tenants {
      faults += try await configurationFaults(of: tenant).map { "\(tenant): \($0)" }
    }
    return faults
  }

  private func configurationFaults(of tenant: String?) async throws(PortError) -> [String] {
    guard let (output, shown) = try await commandLine.run(.config, filling: Self.naming(tenant))
    else { throw notThere("check its configuration") }
    let isLint = await commandLine.choice().dialect.name == .runbook
    guard let faults = CommandReaders.configuration(output, isLint: isLint) else {
      throw failure(of: output, shown, "gave no report")
    }
    return faults
  }

  private static func naming(_ tenant: String?) -> [String: String] {
    tenant.map { ["tenant": $0] } ?? [:]
  }

  // MARK: The running process of an older build

  /// By its port's process, its version and its marker: three answers of one process, checked
  /// against each other as far as they can be.
  func identityByCommand() async throws(PortError) -> GatewayIdentity {
    let status = try await statusByCommand()
    let skills = try await skillsByCommand()
    let marker = skills.skills.first { $0.name == Marker.skillName }?.description
    guard let version = status.rpc.server?.version else {
      throw PortError(
        .failed, "the gateway at \(address) did not say which version it is",
        remedy: "See openclaw gateway status --json on this host.")
    }
    guard let process = status.pid.flatMap({ Processes.identity(of: $0) }) else {
      throw PortError(
        .failed, "the gateway at \(address) does not say which process it is",
        remedy: "See openclaw gateway status --json on this host: it names who listens.")
    }
    let bootID =
      status.rpc.server?.bootId ?? "process \(process.pid) \(process.startToken)"
    return GatewayIdentity(
      version: version, buildID: status.rpc.server?.buildId, bootID: bootID, pid: process.pid,
      // The operating system reports the start to some milliseconds, and the value varies from call
      // to call.
      startedAtMilliseconds: remember(
        StartedBoot(bootID: bootID, milliseconds: process.startedMilliseconds)),
      marker: marker.flatMap { Marker(description: $0) },
      node: await node(said: nil, bootID: bootID))
  }

  func statusByCommand() async throws(PortError) -> CommandReaders.Status {
    guard let (output, shown) = try await commandLine.run(.status) else {
      throw notThere("say who it is")
    }
    guard let status = CommandReaders.status(output) else {
      throw failure(of: output, shown, "gave no status")
    }
    guard status.rpc.ok else {
      throw PortError(
        .unreachable,
        "the gateway at \(address) did not answer: "
          + (status.rpc.error ?? "no reason given").shown,
        remedy: "See whether it runs, and whether its token is right: openclaw gateway status.")
    }
    return status
  }

  func skillsByCommand() async throws(PortError) -> Frames.Skills {
    guard let (output, shown) = try await commandLine.run(.skills) else {
      throw notThere("list its skills")
    }
    guard let skills = CommandReaders.skills(output) else {
      throw failure(of: output, shown, "did not list the running gateway's skills")
    }
    return skills
  }

  /// Asked once a minute at most: it takes eight seconds.
  func queueDepthByCommand() async throws(PortError) -> Int {
    let known = queue.withLock { $0 }
    if let known, milliseconds(since: known.at) < Self.queueMilliseconds { return known.depth }
    guard let (output, shown) = try await commandLine.run(.queue) else {
      throw notThere("tell what waits")
    }
    guard let depth = CommandReaders.queueDepth(output) else {
      throw failure(of: output, shown, "did not tell what waits")
    }
    queue.withLock { $0 = (depth, time.now()) }
    return depth
  }

  private static let queueMilliseconds: Int64 = 60_000

  // MARK: Closing by command

  /// A gateway that is busy stays open this way: it is asked again until it is idle or the deadline
  /// has come.
  func drainByCommand(token: String, deadline: Duration) async throws(PortError) -> DrainReport {
    let begun = time.now()
    var atStart: Int?
    while true {
      let left = max(0, deadline.wholeMilliseconds - milliseconds(since: begun))
      let wait = min(20, left / 1_000)
      guard
        let (output, shown) = try await commandLine.run(
          .suspend, filling: ["request": token, "wait": String(wait)])
      else { throw notThere("drain") }
      guard let answer = CommandReaders.suspension(output) else {
        throw failure(of: output, shown, "did not close")
      }
      atStart = atStart ?? answer.active
      let isIdle = answer.status == "ready"
      if isIdle, let id = answer.suspensionId {
        suspension.withLock { $0 = Suspension(token: token, id: id) }
      }
      if isIdle || milliseconds(since: begun) >= deadline.wholeMilliseconds {
        return DrainReport(
          isIdle: isIdle, activeAtStart: atStart ?? 0, activeNow: isIdle ? 0 : answer.active,
          milliseconds: milliseconds(since: begun))
      }
      try await pause(.seconds(1), "the gateway is open")
    }
  }

  /// Nothing is held by a gateway that cannot be closed.
  func resumeByCommand() async throws(PortError) {
    guard let held = suspension.withLock({ $0 }) else { return }
    guard let (output, shown) = try await commandLine.run(.resume, filling: ["suspension": held.id])
    else { return }
    guard CommandReaders.resumed(output) == true else {
      throw failure(of: output, shown, "did not open again")
    }
    suspension.withLock { $0 = nil }
  }

  // MARK: Failures

  func failure(of output: CommandOutput, _ shown: String, _ fault: String) -> PortError {
    let kind: PortError.Kind =
      output.fault?.code == "UNAVAILABLE" || output.fault?.code == "INVALID_REQUEST"
      ? .refused : output.fault?.type == "gateway_transport_error" ? .unreachable : .failed
    return PortError(
      kind, "\(shown) \(fault) (\(output.ending)): \(output.reason.shown)",
      remedy: "Run it by hand on this host. What else to ask can be set as openclaw.commands.")
  }

  private func notThere(_ purpose: String) -> PortError {
    PortError(
      .refused, "this OpenClaw cannot \(purpose) by command",
      remedy: "Update it to 2026.9, or name a command that can as openclaw.commands.")
  }
}
