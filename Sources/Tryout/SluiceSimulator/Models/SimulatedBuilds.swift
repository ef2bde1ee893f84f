import SluiceCore
import SluicePorts

/// OpenClaw's builds and state on a simulated host, by the real one's rules: a start migrates the state
/// in place, and a build refuses a state newer than itself.
public struct SimulatedBuilds: Sendable {
  /// A state directory: its schemas, and how often anything was written into it.
  public struct State: Sendable, Hashable {
    public var schemas: [String: Int]
    public var writes = 0
  }

  struct Copy: Sendable {
    /// Nil: the configuration alone was copied.
    var state: State?
    var configuration: String
    var isUsed = false
    var isBack = false
  }

  private(set) var installed: [String: ReleaseLock.OpenClaw]
  private(set) var link: String
  /// The build that the process runs.
  private(set) var running: String
  public internal(set) var state: State
  /// The build that wrote the configuration last. A newer build rewrites the configuration at its
  /// start, and an older build then behaves otherwise than it did.
  public private(set) var configuration: String
  /// States that were taken out, oldest first.
  public private(set) var aside: [State] = []
  private var copies: [OperationID: Copy] = [:]
  /// How often each was done: no operation more than once.
  public private(set) var copyings: [OperationID: Int] = [:]
  public private(set) var returns: [OperationID: Int] = [:]

  static let stateBytes: Int64 = 40 << 20

  init(runs build: ReleaseLock.OpenClaw) {
    installed = [build.version: build]
    link = build.version
    running = build.version
    configuration = build.version
    state = State(schemas: build.schemas ?? [:])
  }

  mutating func install(_ build: ReleaseLock.OpenClaw) { installed[build.version] = build }

  /// True when it copied something just now.
  mutating func copy(_ operation: OperationID, extent: StateExtent) -> Bool {
    guard copies[operation] == nil else { return false }
    copies[operation] = Copy(
      state: extent == .whole ? state : nil, configuration: configuration)
    copyings[operation, default: 0] += 1
    return true
  }

  mutating func use(_ operation: OperationID) { copies[operation]?.isUsed = true }

  /// True when it put something back just now.
  mutating func putBack(_ operation: OperationID) -> Bool {
    guard let copy = copies[operation], copy.isUsed, !copy.isBack else { return false }
    if let older = copy.state {
      aside.append(state)
      state = older
    }
    configuration = copy.configuration
    copies[operation]?.isBack = true
    returns[operation, default: 0] += 1
    return true
  }

  mutating func swing(to version: String) { link = version }

  /// Starts what the link names.
  mutating func start() throws(PortError) {
    let schemas = installed[link]?.schemas ?? [:]
    if let newer = state.schemas.first(where: { $0.value > schemas[$0.key] ?? $0.value }) {
      throw PortError(
        .failed,
        "OpenClaw refuses to start (exit code 78): its state was written by a newer build: "
          + "\(newer.key) \(newer.value)")
    }
    state.schemas.merge(schemas) { _, new in new }
    state.writes += 1
    running = link
    if let new = BuildVersion(link), let old = BuildVersion(configuration), new > old {
      configuration = link
    }
  }

  /// Where the copy lies, or the state that it replaced.
  func report(_ move: StateMove?, by operation: OperationID) -> StateReport? {
    switch move {
    case nil: nil
    case .copy, .copyConfiguration:
      StateReport(
        copy: "/openclaw.sluice-\(operation)", aside: nil, bytes: Self.stateBytes, milliseconds: 20)
    case .putBack(let earlier):
      copies[earlier]?.isBack == true
        ? StateReport(
          copy: nil, aside: "/openclaw.newer-\(operation)", bytes: Self.stateBytes, milliseconds: 1)
        : nil
    }
  }

  public var survey: BuildSurvey {
    BuildSurvey(
      current: link,
      builds: installed.sorted { $0.key < $1.key }.map {
        .init(version: $0.key, found: $0.value, fault: nil)
      },
      state: .init(
        path: "/openclaw", bytes: Self.stateBytes, freeBytes: 1 << 34, fault: nil))
  }
}
