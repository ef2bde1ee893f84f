import SluiceCore
import SluicePorts

@testable import SluiceAgent

/// Stops an operation at one step of it until its agent is ended: what a crash there leaves behind.
actor Gate {
  enum Step: String, Sendable, CaseIterable {
    case stop, copy, use, putBack, link, skills, start, warmUp
  }

  private var closed: Step?
  private(set) var isReached = false

  func close(_ step: Step) { closed = step }

  func pass(_ step: Step) async throws(PortError) {
    guard closed == step else { return }
    isReached = true
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
    throw PortError(.unknown, "the agent is stopping")
  }

  nonisolated func services(_ services: AgentServices) -> AgentServices {
    var gated = services
    gated.service = GatedService(service: services.service, gate: self)
    gated.slices = GatedSlices(slices: services.slices, gate: self)
    gated.builds = services.builds.map { GatedBuilds(builds: $0, gate: self) }
    gated.openclawState = services.openclawState.map { GatedState(state: $0, gate: self) }
    return gated
  }
}

struct GatedService: ServiceManager {
  let service: any ServiceManager
  let gate: Gate

  func status() async throws(PortError) -> ServiceStatus { try await service.status() }
  func start() async throws(PortError) -> ServiceStatus {
    try await gate.pass(.start)
    let status = try await service.start()
    try await gate.pass(.warmUp)
    return status
  }
  func restart(deadline: Duration) async throws(PortError) -> ServiceStatus {
    try await service.restart(deadline: deadline)
  }
  func stop(deadline: Duration) async throws(PortError) -> ServiceStatus {
    let status = try await service.stop(deadline: deadline)
    try await gate.pass(.stop)
    return status
  }
}

struct GatedSlices: SliceStore {
  let slices: any SliceStore
  let gate: Gate

  func slices() async throws(PortError) -> [HostSurvey.Slice] { try await slices.slices() }
  func items() async throws(PortError) -> [StoredItem] { try await slices.items() }
  func remove(_ item: StoredItem.ID) async throws(PortError) { try await slices.remove(item) }
  func links() async throws(PortError) -> Links { try await slices.links() }
  func digest(of version: String) async throws(PortError) -> Digest {
    try await slices.digest(of: version)
  }
  func place(from tree: String, marker: Marker, token: String) async throws(PortError) -> Bool {
    try await slices.place(from: tree, marker: marker, token: token)
  }
  func placeAgain(
    from tree: String, marker: Marker, token: String
  ) async throws(PortError) -> String? {
    try await slices.placeAgain(from: tree, marker: marker, token: token)
  }
  func swing(_ link: SliceLink, to version: String, token: String) async throws(PortError) {
    if link == .current { try await gate.pass(.skills) }
    try await slices.swing(link, to: version, token: token)
  }
}

struct GatedBuilds: BuildStore {
  let builds: any BuildStore
  let gate: Gate

  func builds() async throws(PortError) -> [BuildSurvey.Build] { try await builds.builds() }
  func current() async throws(PortError) -> String? { try await builds.current() }
  func items() async throws(PortError) -> [StoredItem] { try await builds.items() }
  func remove(_ item: StoredItem.ID) async throws(PortError) { try await builds.remove(item) }
  func read(_ version: String) async throws(PortError) -> ReleaseLock.OpenClaw {
    try await builds.read(version)
  }
  func swing(to version: String, token: String) async throws(PortError) {
    try await builds.swing(to: version, token: token)
    try await gate.pass(.link)
  }
}

struct GatedState: StateStore {
  let state: any StateStore
  let gate: Gate

  func items() async throws(PortError) -> [StoredItem] { try await state.items() }
  func remove(_ item: StoredItem.ID) async throws(PortError) { try await state.remove(item) }

  func survey(running: String?) async throws(PortError) -> BuildSurvey.State {
    try await state.survey(running: running)
  }
  func copy(token: OperationID, extent: StateExtent) async throws(PortError) -> StateReport {
    let report = try await state.copy(token: token, extent: extent)
    try await gate.pass(.copy)
    return report
  }
  func use(of operation: OperationID) async throws(PortError) -> StateReport {
    let report = try await state.use(of: operation)
    try await gate.pass(.use)
    return report
  }
  func isOutstanding(_ operation: OperationID) async throws(PortError) -> Bool {
    try await state.isOutstanding(operation)
  }
  func faultOfCopies() async throws(PortError) -> String? { try await state.faultOfCopies() }
  func putBack(of operation: OperationID, token: OperationID) async throws(PortError)
    -> StateReport?
  {
    let report = try await state.putBack(of: operation, token: token)
    try await gate.pass(.putBack)
    return report
  }
}

/// A state of which no copy can be made.
struct FullState: StateStore {
  let state: any StateStore

  init(_ state: any StateStore) { self.state = state }

  func items() async throws(PortError) -> [StoredItem] { try await state.items() }
  func remove(_ item: StoredItem.ID) async throws(PortError) { try await state.remove(item) }

  func survey(running: String?) async throws(PortError) -> BuildSurvey.State {
    try await state.survey(running: running)
  }
  func copy(token: OperationID, extent: StateExtent) async throws(PortError) -> StateReport {
    throw PortError(.outOfSpace, "no room")
  }
  func use(of operation: OperationID) async throws(PortError) -> StateReport {
    try await state.use(of: operation)
  }
  func isOutstanding(_ operation: OperationID) async throws(PortError) -> Bool {
    try await state.isOutstanding(operation)
  }
  func faultOfCopies() async throws(PortError) -> String? { try await state.faultOfCopies() }
  func putBack(of operation: OperationID, token: OperationID) async throws(PortError)
    -> StateReport?
  {
    try await state.putBack(of: operation, token: token)
  }
}
