import SluiceCore
import SluiceCrypto
import SluiceInstall
import SluicePorts
import SluiceStatus
import SluiceSystem

/// Brings Sluice to the hosts of a fleet, and takes it away: the parts of `sluice hosts`.
public struct HostInstallation: Sendable {
  private let fleet: Fleet
  private let shared: InstallPlan.Shared
  private let keys: WriterKeys
  /// Shells in place of the operator's own ssh.
  private let shells: [HostName: any HostShell]
  private static let proofDeadline = Duration.seconds(60)
  private static let proofPause = Duration.milliseconds(500)
  private static let askDeadline = Duration.seconds(10)
  private static let largestProgram = 1 << 30

  /// - Parameters:
  ///   - fleetPath: of `sluice.yaml`, which every host gets.
  ///   - programPath: the program to copy; nil: this one, to hosts of this machine's kind.
  ///   - shells: hosts that are not here are reached by the operator's own ssh.
  public init(
    _ fleet: Fleet, fleetPath: String, purpose: InstallPlan.Purpose, scope: AgentUnit.Scope,
    programPath: String?, shells: [HostName: any HostShell] = [:]
  ) async throws(PortError) {
    self.fleet = fleet
    keys = WriterKeys(fleet.writer)
    let path = programPath ?? HostFacts.executablePath()
    let bytes: (program: [UInt8], fleet: [UInt8])
    do throws(SystemError) {
      bytes = (
        try Files.read(path, limit: Self.largestProgram, followingLink: true),
        try Files.read(fleetPath, limit: 1 << 20, followingLink: true)
      )
    } catch { throw PortError(.failed, "\(error)", remedy: error.ownRemedy) }
    let platform = programPath == nil ? try await Self.platform() : nil
    shared = InstallPlan.Shared(
      purpose: purpose, scope: scope,
      program: ProgramImage(
        bytes: bytes.program, digest: SHA256Digest.hex(bytes.program), platform: platform),
      fleet: bytes.fleet)
    self.shells = shells
  }

  /// - Throws: `.refused` during a promotion.
  public func requireNoPromotion() async throws(PortError) {
    let reading = try await LedgerReading.load(fleet.writer)
    guard let promotion = reading.replay.promotion, !promotion.phase.isTerminal else { return }
    throw PortError(
      .refused,
      "the promotion \(promotion.plan.from.tag) → \(promotion.plan.to.tag) is under way: no agent is "
        + "installed, replaced or removed during it",
      remedy: "Wait for its end:  sluice status --watch")
  }

  // MARK: The writer's key

  /// Whether any of the hosts is reached by the writer's own key.
  public func needsIdentity(_ hosts: [HostSpec]) -> Bool { hosts.contains(where: Self.isClosed) }

  /// The key that is missing and to be made; nil: it is there.
  public func missingIdentity() throws(PortError) -> String? {
    keys.hasIdentity ? nil : try keys.identity()
  }

  public func makeIdentity() async throws(PortError) { try await keys.makeIdentity() }

  private static func isClosed(_ host: HostSpec) -> Bool {
    guard case .ssh(_, _, let settings) = host.connection else { return false }
    return settings != .operators
  }

  // MARK: Host keys

  /// The host's key that nobody has recorded yet; nil where one is recorded, or none is needed.
  public func unrecordedKey(of host: HostSpec) async throws(PortError) -> HostKey? {
    guard Self.isClosed(host), case .ssh(let destination, _, _) = host.connection,
      try keys.recorded(for: host.name).isEmpty
    else { return nil }
    return try await keys.scan(destination, of: host.name)
  }

  public func record(_ key: HostKey, of host: HostSpec) throws(PortError) {
    try keys.record(key, for: host.name)
  }

  public func forgetKey(of host: HostSpec) throws(PortError) { try keys.forget(host.name) }

  // MARK: Steps

  /// A host's plan, with the shell to perform it in.
  public struct Prepared: Sendable {
    public let plan: InstallPlan
    public let sight: InstallSight
    public let run: InstallRun
  }

  /// Looks at all hosts at once, and plans their steps.
  public func prepare(
    _ hosts: [HostSpec]
  ) async -> [HostName: Result<Prepared, PortError>] {
    await withTaskGroup(of: (HostName, Result<Prepared, PortError>).self) { group in
      for host in hosts {
        group.addTask {
          do throws(PortError) { return (host.name, .success(try await prepare(host))) } catch {
            return (host.name, .failure(error))
          }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  private func shell(of host: HostSpec) throws(PortError) -> any HostShell {
    if let shell = shells[host.name] { return shell }
    guard case .ssh(let destination, _, _) = host.connection else {
      return try HostShells.shell(of: host.name, destination: nil)
    }
    return try HostShells.shell(of: host.name, destination: destination)
  }

  private func prepare(_ host: HostSpec) async throws(PortError) -> Prepared {
    let place = AgentPlace(host)
    let shell = try shell(of: host)
    var line: String?
    if Self.isClosed(host), keys.hasIdentity {
      line = try HostServices.authorizedKey(
        keyFile: try keys.identity() + ".pub", program: place.program, socket: place.socket)
    }
    let sight = try await InstallLook.sight(
      of: place, scope: shared.scope, line: line, on: shell)
    let plan = InstallPlan(shared, place: place, line: line, sight: sight)
    return Prepared(plan: plan, sight: sight, run: InstallRun(plan, on: shell))
  }

  /// Asks the host's agent over the writer's own link until it answers.
  public func prove(_ host: HostSpec) async throws(PortError) {
    guard let link = try FleetServices(fleet).hosts[host.name] else { return }
    let time = SystemTime()
    let end = time.now().monotonicMilliseconds + Self.proofDeadline.wholeMilliseconds
    while true {
      do throws(PortError) {
        _ = try await link.ask(.probe, deadline: Self.askDeadline)
        return
      } catch {
        guard time.now().monotonicMilliseconds < end, error.kind != .refused else { throw error }
      }
      do { try await time.sleep(for: Self.proofPause) } catch {
        throw PortError(.unknown, "interrupted while the agent of \(host.name) started")
      }
    }
  }

  private static func platform() async throws(PortError) -> String {
    let shell = try HostShells.shell(of: HostName("here"), destination: nil)
    let answer = try await shell.run(ShellScript("uname -sm"), deadline: askDeadline)
    let text = String(decoding: answer.output, as: UTF8.self)
    return String(text.prefix { !$0.isNewline })
  }
}
