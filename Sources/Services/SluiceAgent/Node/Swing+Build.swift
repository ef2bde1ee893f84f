import SluiceCore
import SluicePorts

// A swing to another OpenClaw build: drain, stop, state and links, start.
//
// Two rules hold whichever process dies. A newer build's link never exists without a copy of the
// state. A copy is put back only under the older build's link. So forward the state comes first,
// and back the link does. A process that the service manager starts meanwhile (after a reboot) is
// then always one that may start, or one that refuses and changes nothing.
extension Swing {
  private var build: ReleaseLock.OpenClaw { release.lock.openclaw }

  private static let stopDeadline = Duration.seconds(30)
  /// How long a CLI call of Doctor from before the swing may still run.
  private static let doctorMilliseconds: Int64 = 90_000

  /// A build that differs from its lock never serves.
  func verifyBuild() async throws(PortError) {
    guard let builds = services.builds else { return }
    let nothing = "Nothing was moved on \(host.name)."
    let found: ReleaseLock.OpenClaw
    do throws(PortError) { found = try await builds.read(build.version) } catch {
      throw PortError(
        .refused, "OpenClaw \(build.version) cannot serve on \(host.name): \(error.message)",
        remedy: "\(nothing) \(error.remedy ?? "")")
    }
    guard let difference = BuildCheck.difference(found, build) else { return }
    throw PortError(
      .refused, "OpenClaw \(build.version) on \(host.name): \(difference)", remedy: nothing)
  }

  /// The process must report the exact build on disk, not only the same version.
  func proveBuild(_ identity: GatewayIdentity) async throws(PortError) {
    guard let builds = services.builds, let running = identity.buildID else { return }
    // The lock's own word needs no look at the disk, which `verifyBuild` has compared with the lock.
    var wanted = build.build
    if wanted == nil { wanted = try await builds.read(build.version).build }
    guard let wanted, wanted != running else { return }
    throw PortError(
      .failed, "the process is build \(running), \(build.version) on disk is \(wanted)",
      remedy:
        "Something else than \(host.paths.builds ?? "")/current starts the gateway: look at its "
        + "service.")
  }

  /// Whether the swing must replace the process by another build's, or replace the state.
  func mustChangeBuild() async throws(PortError) -> Bool {
    guard let builds = services.builds else { return false }
    if try await builds.current() != build.version { return true }
    // An earlier attempt may have moved the links without finishing the state or the start.
    guard let state = services.openclawState else { return false }
    return switch request.state {
    case .copy, .copyConfiguration: try await state.isOutstanding(file.id)
    case .putBack(let operation): try await state.isOutstanding(operation)
    case nil: false
    }
  }

  mutating func changeBuild(
    _ before: GatewayIdentity?, from commit: String?
  ) async throws(PortError) {
    guard let builds = services.builds else { return }
    try await closeAdmission()
    try await stop()
    try await copyState(isFirst: try await builds.current() != build.version)
    try await linkBuild(builds)
    try await putStateBack()
    _ = try await moveLinks(from: commit)
    let mark = OperationFile.Restart(
      bootID: before?.bootID, pid: before?.pid,
      movedAtMilliseconds: services.time.now().wallMilliseconds, by: .service,
      isChangeOfBuild: true, way: way)
    try await state.note(mark, of: file.id)
    try await startBuild(mark)
  }

  /// The process may have started and migrated the state, so nothing is copied any more.
  mutating func takeUpBuild(_ mark: OperationFile.Restart) async throws(PortError) -> Bool {
    steps.append("taken up again at its start")
    linksMoved = true
    try await copyState(isFirst: false)
    try await putStateBack()
    _ = try await moveLinks(from: nil)
    try await startBuild(mark)
    return true
  }

  // MARK: Parts

  private mutating func stop() async throws(PortError) {
    await refresher.doctorEnded(within: Self.doctorMilliseconds)
    isStopped = true
    _ = try await services.service.stop(deadline: Self.stopDeadline)
    if case .down = await gateway.readiness() {
      steps.append("stopped")
      return
    }
    throw PortError(
      .failed, "the service was stopped, and something still answers at \(host.localGateway)",
      remedy: "Another gateway runs there: end it. Two of them must not work on one state.")
  }

  /// Once the build's link has moved, its process may have migrated the state, so the copy must
  /// already exist.
  private mutating func copyState(isFirst: Bool) async throws(PortError) {
    guard let move = request.state, move.copies else { return }
    guard let state = services.openclawState else { throw noState }
    let extent: StateExtent = move == .copy ? .whole : .configuration
    let copied = isFirst ? try await state.copy(token: file.id, extent: extent).milliseconds : 0
    var report = try await state.use(of: file.id)
    report.milliseconds = copied
    stateReport = report
    steps.append(
      "its \(move == .copy ? "state" : "configuration") is copied to \(report.copy ?? "")")
  }

  private mutating func putStateBack() async throws(PortError) {
    guard case .putBack(let operation)? = request.state else { return }
    guard let state = services.openclawState else { throw noState }
    guard let report = try await state.putBack(of: operation, token: file.id) else {
      steps.append("its state is as it was before \(operation)")
      return
    }
    stateReport = report
    steps.append("put its state back; the newer one is \(report.aside ?? "as it was")")
  }

  /// For the ledger, also if an earlier attempt put the state back.
  func settledState() async throws(PortError) -> StateReport? {
    if let stateReport { return stateReport }
    guard case .putBack(let operation)? = request.state, let state = services.openclawState,
      try await !state.isOutstanding(operation)
    else { return nil }
    return try await state.putBack(of: operation, token: file.id)
  }

  private var noState: PortError {
    PortError(
      .refused, "\(host.name) has no place of OpenClaw's state",
      remedy: "Set openclaw.state in sluice.yaml.")
  }

  private mutating func linkBuild(_ builds: any BuildStore) async throws(PortError) {
    linksMoved = true
    try await builds.swing(to: build.version, token: token)
    steps.append("builds/current names \(build.version)")
  }

  private mutating func startBuild(_ mark: OperationFile.Restart) async throws(PortError) {
    let watch = RestartWatch(services: services, mark: mark, milliseconds: policy.startMilliseconds)
    var status = try await services.service.start()
    isStopped = false
    steps.append("started")
    var identity = try await watch.awaitReady(pid: status.pid)
    if identity.version != build.version {
      // The other build was started from outside just before its link moved.
      _ = try await services.service.stop(deadline: Self.stopDeadline)
      status = try await services.service.start()
      identity = try await watch.awaitReady(pid: status.pid)
    }
    restartMilliseconds = watch.elapsed
    isDrained = false
    steps.append("ready as boot \(identity.bootID)")
  }

  /// A failure must not leave the host stopped, so the process from before runs again.
  func startAgain() async -> Bool {
    guard (try? await services.service.start())?.pid != nil else { return false }
    let mark = OperationFile.Restart(
      bootID: nil, pid: nil, movedAtMilliseconds: 0, by: .service, isChangeOfBuild: true)
    let watch = RestartWatch(services: services, mark: mark, milliseconds: policy.startMilliseconds)
    return (try? await watch.awaitReady(pid: nil)) != nil
  }
}
