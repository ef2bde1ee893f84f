import SluiceCore
import SluicePorts

/// One trial of a build on a copy of OpenClaw's state: copy, start, ask, end, compare, remove. The
/// gateway serves all the while. Whatever happens, no process and no copy of the trial is left.
struct Trial: Sendable {
  let host: HostSpec
  let services: AgentServices
  let request: TrialRequest
  let id: OperationID
  /// Doctor's findings on the gateway that serves, and the accepted ones.
  let known: @Sendable () async -> [DoctorFinding]

  /// The number of remarks and of names in a report.
  private static let told = 10

  /// The report, or why there is none.
  ///
  /// - Parameter stop: calls the trial off when it ends.
  func perform(until stop: AsyncStream<Never>) async -> Result<TrialReport, PortError> {
    await withTaskGroup(of: Result<TrialReport, PortError>?.self) { group in
      group.addTask {
        do throws(PortError) { return .success(try await perform()) } catch {
          return .failure(error)
        }
      }
      group.addTask {
        for await _ in stop {}
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      if let first { return first }
      // Called off, or the agent is stopping: the trial cleans up first.
      _ = await group.next()
      return .failure(
        PortError(
          .failed, "the trial on \(host.name) was called off: the host got another order",
          remedy: "Nothing was changed. Try the build again when the fleet is at rest."))
    }
  }

  /// For a trial that an earlier agent began and did not end: removes what is left of it.
  static func cutShort(_ services: AgentServices, on host: HostName) async -> PortError {
    if let trials = services.trials { try? await endLeftovers(trials) }
    return PortError(
      .failed, "the agent of \(host) ended in the middle of the trial",
      remedy: "Nothing was changed, and what was left is removed. Try the build again.")
  }

  private static func endLeftovers(_ trials: TrialServices) async throws(PortError) {
    for directory in try await trials.store.leftovers() {
      await trials.builds.endLeftover(in: directory)
      try await trials.store.discard(directory)
    }
  }

  private func perform() async throws(PortError) -> TrialReport {
    guard let trials = services.trials, let builds = services.builds else {
      throw PortError(
        .refused, "\(host.name) declares no builds, so none can be tried there",
        remedy: "Set paths.builds of this host in sluice.yaml.")
    }
    let began = services.time.now()
    let isAgain = try await trials.store.leftovers()
      .contains(await trials.store.directory(of: id))
    try await Self.endLeftovers(trials)
    // At most once: the build was started before.
    if isAgain { throw await Self.cutShort(services, on: host.name) }
    let build = try await verified(builds)
    let skills = try? await services.gateway.skills()
    let live = await trials.builds.liveCount()
    let copy = try await trials.store.copy(token: id)
    let result: Result<TrialReport, PortError>
    do throws(PortError) {
      result = .success(try await observe(trials, copy, build, live, skills))
    } catch { result = .failure(error) }
    try await trials.store.discard(copy.directory)
    var report = try result.get()
    report.totalMilliseconds = services.time.milliseconds(since: began)
    return report
  }

  /// A build that differs from its lock is not tried: the result would be another build's.
  private func verified(_ builds: any BuildStore) async throws(PortError) -> ReleaseLock.OpenClaw {
    let found = try await builds.read(request.build.version)
    if let difference = BuildCheck.difference(found, request.build) {
      throw PortError(
        .refused, "OpenClaw \(request.build.version) on \(host.name): \(difference)",
        remedy: "Nothing was tried.")
    }
    return found
  }

  private func observe(
    _ trials: TrialServices, _ copy: TrialCopy, _ build: ReleaseLock.OpenClaw,
    _ live: (sessions: Int?, agents: Int?), _ skills: [LoadedSkill]?
  ) async throws(PortError) -> TrialReport {
    let store = trials.store
    let seen = try await trials.builds.observe(
      build.version, on: copy, tenants: try await services.fragments.survey().files.keys.sorted(),
      within: .milliseconds(request.limitMilliseconds)
    ) {
      // A disk that does not tell its free space counts as full.
      ((try? await store.freeBytes()) ?? 0) >= TrialRoom.floor
    }
    let (files, bytes) = try await store.measure(copy)
    let before = TrialCount(files: copy.files, sessions: live.sessions, agents: live.agents)
    let isReady = seen.readyMilliseconds != nil
    var after =
      isReady ? TrialCount(files: files, sessions: seen.sessions, agents: seen.agents) : nil
    if let sessions = seen.sessions, let known = live.sessions, sessions < known {
      // A person may have deleted sessions while the copy was made.
      let left = await trials.builds.liveCount().sessions ?? known
      if sessions >= left { after?.sessions = known }
    }
    let (errors, warnings) = newFindings(seen, known: await known())
    let faults =
      [seen.fault].compactMap(\.self) + (after.map(before.losses) ?? [])
      + missing(seen.skills, of: skills) + errors
    let fewer =
      files < copy.files && isReady
      ? ["the state had \(copy.files) files, and \(files) are left after the migration"] : []
    return TrialReport(
      version: build.version, daemon: build.daemon, fault: faults.first.map { Speech.text($0) },
      remarks: told(Array(faults.dropFirst()) + fewer + warnings),
      notAsked: told(copy.leftOut + seen.notAsked), before: before, after: after,
      bytes: copy.bytes, grownBytes: bytes.subtractingClamped(copy.bytes),
      copyMilliseconds: copy.milliseconds, readyMilliseconds: seen.readyMilliseconds,
      doctorMilliseconds: seen.doctorMilliseconds, totalMilliseconds: 0)
  }

  private func told(_ sentences: [String]) -> [String] {
    let rest = sentences.count - Self.told
    return sentences.prefix(Self.told).map { Speech.text($0) }
      + (rest > 0 ? ["\(rest) more"] : [])
  }

  private func newFindings(
    _ seen: TrialObservation, known: [DoctorFinding]
  ) -> (errors: [String], warnings: [String]) {
    let new = (seen.findings ?? []).filter { !$0.isAccepted(by: known) }
    let words = { (finding: DoctorFinding) in
      "its Doctor has a new \(finding.severity.rawValue), \(finding.check): \(finding.message)"
    }
    return (
      new.filter { $0.severity == .error }.map(words),
      new.filter { $0.severity == .warning }.map(words)
    )
  }

  /// Skills of the pack that the serving gateway has loaded and the build has not.
  private func missing(_ seen: [LoadedSkill]?, of live: [LoadedSkill]?) -> [String] {
    guard let seen, let live else { return [] }
    let pack = { (skills: [LoadedSkill]) in
      Set(skills.filter { $0.source == LoadedSkill.packSource }.map(\.name))
    }
    let lost = pack(live).subtracting(pack(seen)).sorted()
    guard let first = lost.first else { return [] }
    let more = lost.count > 1 ? " and \(lost.count - 1) more" : ""
    return ["it does not load the skill \(first)\(more), which the gateway that serves has loaded"]
  }
}
