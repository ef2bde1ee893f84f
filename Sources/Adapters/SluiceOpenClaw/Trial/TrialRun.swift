import SluiceCore
import SluicePorts
import SluiceSystem

/// One build that runs on a copy, from its start to its last answer.
struct TrialRun {
  let process: TrialProcess
  let spec: OpenClawSpec
  let copy: TrialCopy
  let limit: Duration
  let began: Moment
  let time: any Time
  var observation = TrialObservation()

  init(
    process: TrialProcess, spec: OpenClawSpec, copy: TrialCopy, limit: Duration, began: Moment,
    time: any Time
  ) {
    self.process = process
    self.spec = spec
    self.copy = copy
    self.limit = limit
    self.began = began
    self.time = time
  }

  private static let pause = Duration.milliseconds(200)

  private var left: Duration {
    limit - .milliseconds(time.now().milliseconds(since: began) ?? 0)
  }

  mutating func observe(
    _ version: String, tenants: [String], hasRoom: @Sendable () async -> Bool
  ) async throws(PortError) -> TrialObservation {
    let gateway = OpenClawGateway(address: spec.address ?? "", spec: spec, time: time)
    guard try await becomesReady(gateway, hasRoom) else { return observation }
    do throws(PortError) {
      let identity = try await gateway.identity()
      if identity.version != version {
        observation.fault = "the process that was started says that it is \(identity.version.shown)"
        return observation
      }
      observation.skills = try await gateway.skills()
    } catch {
      observation.fault = "it became ready and then gave no answer: \(words(error.message))"
      return observation
    }
    (observation.sessions, observation.agents) = await gateway.held()
    if observation.sessions == nil { observation.notAsked.append("how many sessions there are") }
    observation.notAsked.append("a session: it would call the fleet's model")
    await askDoctor(gateway, tenants)
    if observation.fault == nil, await !hasRoom() { observation.fault = Self.full }
    if observation.fault == nil, !process.isRunning { observation.fault = ended }
    return observation
  }

  private static let full = "the disk of the copy was nearly full"
  private var ended: String { words(process.lastWords ?? "it ended without a word") }

  /// Migration included.
  private mutating func becomesReady(
    _ gateway: OpenClawGateway, _ hasRoom: @Sendable () async -> Bool
  ) async throws(PortError) -> Bool {
    let started = time.now()
    while left > .zero {
      if case .started(let failing) = await gateway.readiness() {
        observation.readyMilliseconds = time.now().milliseconds(since: started) ?? 0
        if !failing.isEmpty {
          observation.notAsked.append(
            "components that fail without channels: \(failing.joined(separator: ", ").shown)")
        }
        return true
      }
      guard process.isRunning else {
        observation.fault = ended
        return false
      }
      guard await hasRoom() else {
        observation.fault = Self.full
        return false
      }
      do { try await time.sleep(for: Self.pause) } catch {
        throw PortError(.unknown, "the trial was called off")
      }
    }
    let said = process.lastWords.map { ": \(words($0))" } ?? ""
    observation.fault =
      "it was not ready after \(Wording.duration(limit.wholeMilliseconds))\(said)"
    return false
  }

  private mutating func askDoctor(_ gateway: OpenClawGateway, _ tenants: [String]) async {
    let asked = time.now()
    let answer = await time.bounded(by: max(left, .zero)) {
      () -> Result<[String: DoctorReport], PortError> in
      do throws(PortError) { return .success(try await gateway.doctor(tenants: tenants)) } catch {
        return .failure(error)
      }
    }
    switch answer {
    case .success(let reports)?:
      observation.doctorMilliseconds = time.now().milliseconds(since: asked) ?? 0
      observation.findings = reports.sorted { $0.key < $1.key }.flatMap(\.value.weighty)
        .map(atOriginal)
    case .failure(let error)?: observation.fault = "its Doctor failed: \(words(error.message))"
    case nil:
      observation.fault =
        "its Doctor did not answer before the trial's "
        + "\(Wording.duration(limit.wholeMilliseconds)) were over"
    }
  }

  /// The build's own words, with the original's paths and without the trial's token.
  private func words(_ text: String) -> String {
    var text = original(text)
    if let token = try? GatewayToken(file: spec.tokenFile) { text = token.removed(from: text) }
    let line = text.shown
    // The surrounding sentence has its own full stop.
    return line.hasSuffix(".") && !line.hasSuffix("..") ? String(line.dropLast()) : line
  }

  private func original(_ text: String) -> String {
    text.replacing(copy.configuration, with: copy.originalConfiguration)
      .replacing(copy.state, with: copy.originalState)
  }

  private func atOriginal(_ finding: DoctorFinding) -> DoctorFinding {
    var finding = finding
    finding.path = finding.path.map(original)
    finding.target = finding.target.map(original)
    finding.message = original(finding.message)
    return finding
  }
}
