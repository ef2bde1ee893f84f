import SluiceArguments
import SluiceCore
import SluiceFoundation
import SluicePorts
import SluiceSystem
import Synchronization

/// `sluice rehearse` from the first file to the last process.
public struct RehearsalRun: Sendable {
  let options: RehearsalOptions
  let programs: RehearsalFleet.Programs
  private let style: Style
  private let isLive: Bool
  private let size: @Sendable () -> TerminalSize
  let message: @Sendable (String) -> Void

  /// - Parameters:
  ///   - isLive: messages go to a terminal, where the acts are shown in place.
  ///   - size: that terminal's.
  ///   - message: gets text with its line feeds, in order.
  public init(
    _ options: RehearsalOptions, programs: RehearsalFleet.Programs, style: Style, isLive: Bool,
    size: @escaping @Sendable () -> TerminalSize = { .endless },
    message: @escaping @Sendable (String) -> Void
  ) {
    self.options = options
    self.programs = programs
    self.style = style
    self.isLive = isLive
    self.size = size
    self.message = message
  }

  /// Ends every started process before it returns or throws, unless the fleet is kept.
  ///
  /// - Returns: nil when it was interrupted.
  public func run() async throws -> RehearsalSummary? {
    tellLeftovers()
    let began = SystemClock.monotonicMilliseconds()
    let built = Mutex<RehearsalFleet?>(nil)
    let isWhole = Mutex(false)
    return try await Interruption.guarding {
      let fleet = try await RehearsalFleet.build(
        in: options.directory, programs: programs, timing: timing)
      built.withLock { $0 = fleet }
      let summary = try await play(on: fleet, since: began)
      isWhole.withLock { $0 = true }
      return summary
    } cleanup: {
      guard let fleet = built.withLock({ $0 }) else { return }
      if options.isKept, isWhole.withLock({ $0 }) { return }
      for item in await fleet.stop() {
        message("\(item.name), process \(item.process.pid), does not end: kill it by hand\n")
      }
    }
  }

  /// Builds and starts a fleet for a drill that is no act, and ends the fleet in every case.
  ///
  /// - Returns: nil when it was interrupted.
  func onFleet<Value: Sendable>(
    _ timing: RehearsalTiming, _ programs: RehearsalFleet.Programs,
    _ body: @escaping @Sendable (RehearsalFleet) async throws -> Value
  ) async throws -> Value? {
    let built = Mutex<RehearsalFleet?>(nil)
    return try await Interruption.guarding {
      let fleet = try await RehearsalFleet.build(
        in: options.directory, programs: programs, timing: timing)
      built.withLock { $0 = fleet }
      return try await body(try await start(fleet).0)
    } cleanup: {
      guard let fleet = built.withLock({ $0 }) else { return }
      for item in await fleet.stop() {
        message("\(item.name), process \(item.process.pid), does not end: kill it by hand\n")
      }
    }
  }

  private var timing: RehearsalTiming {
    var timing =
      programs.build == nil
      ? RehearsalTiming(speed: options.speed) : RehearsalTiming.real(speed: options.speed)
    timing.restart = options.restart
    timing.restartBy = options.restartBy
    return timing
  }

  private func play(
    on described: RehearsalFleet, since began: Int64
  ) async throws -> RehearsalSummary {
    let (fleet, balancer) = try await start(described)
    let cast = "\(fleet.layout.hosts.count) gateways\(fleet.buildName), \(balancer)"
    let narrator = Narrator(
      stage: Stage(cast: cast, acts: options.acts, at: began),
      style: style, isLive: isLive, size: size, write: message)
    let rehearsal = Rehearsal(fleet: fleet, narrator: narrator)
    let reports = await rehearsal.play(options.acts)
    narrator.finish()
    try Task.checkCancellation()
    let leaks = await fleet.secretSearch.faults()
    let keptLines = options.isKept ? try await keep(fleet) : []
    var summary = RehearsalSummary(
      gateways: fleet.layout.hosts.count, build: programs.build?.version, balancer: balancer,
      sessions: rehearsal.snapshot.sessions,
      milliseconds: SystemClock.monotonicMilliseconds() - began, acts: reports,
      directory: options.shownDirectory, keptLines: keptLines, leaks: leaks)
    // scripts/rehearse names itself: in a fresh clone there is no `sluice` to type.
    if let typed = ProcessInfo.processInfo.environment["SLUICE_REHEARSE_COMMAND"] {
      summary.command = typed
    }
    return summary
  }

  /// Everything up and accepted: the fleet, with the times that this machine needs, and the
  /// balancer's name and version.
  func start(_ described: RehearsalFleet) async throws -> (RehearsalFleet, String) {
    message(
      "setting up three gateways\(described.buildName) in \(Style.escaped(options.shownDirectory))\n"
    )
    let fleet = try await startGateways(described)
    try await fleet.startAgents(inTurn: programs.build != nil)
    try await fleet.awaitReady(probes: true)
    try await fleet.acceptFindings()
    return (fleet, try await fleet.startBalancer())
  }

  private func startGateways(_ fleet: RehearsalFleet) async throws -> RehearsalFleet {
    guard programs.build != nil else {
      try await fleet.startGateways()
      return fleet
    }
    try await fleet.startModel()
    let message = message
    let machine = try await fleet.calibrate { message("  \($0)\n") }
    let fitted = try fleet.retimed(fleet.timing.fitted(to: machine))
    message(machine.lines(fitted.timing).map { "  \($0)\n" }.joined())
    return fitted
  }

  /// Names the processes of earlier rehearsals, which hold ports and slow this rehearsal down.
  private func tellLeftovers() {
    let parent = "/" + options.directory.split(separator: "/").dropLast().joined(separator: "/")
    for leftover in Leftover.find(in: parent) {
      message(leftover.lines.map { Style.escaped($0) + "\n" }.joined())
    }
  }
}
