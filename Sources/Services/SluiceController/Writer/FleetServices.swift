import SluiceCore
import SluiceEvidence
import SluiceHost
import SluiceLedgerStore
import SluiceJudge
import SluiceAgentClient
import SluicePorts
import SluiceSystem

/// The writer's real parts, built from the fleet. Building them has no side effects.
public struct FleetServices: Sendable {
  public let fleet: Fleet
  public let time: SystemTime
  public let hosts: [HostName: any HostClient]
  /// The agents' versions, as far as the clients heard them.
  let versions: AgentVersions
  public let traffic: Traffic
  public let runs: RunLogs
  public let ledger: LedgerFile
  public let lease: WriterLock
  public let archive: DirectoryArchive
  public let checkout: GitCheckout

  public init(_ fleet: Fleet) throws(PortError) {
    self.fleet = fleet
    time = SystemTime()
    var hosts: [HostName: any HostClient] = [:]
    let versions = AgentVersions()
    for host in fleet.hosts { hosts[host.name] = try Self.client(host, fleet.writer, versions) }
    self.hosts = hosts
    self.versions = versions
    traffic = try Traffic(fleet, time: time)
    let gateways = Set(fleet.gateways.map(\.name))
    runs = RunLogs(
      clients: hosts.filter { gateways.contains($0.key) },
      directory: "\(fleet.writer.state)/evidence", time: time,
      interval: .milliseconds(min(fleet.judge.intervalMilliseconds, Self.longestRunInterval)))
    ledger = LedgerFile(path: fleet.writer.ledger)
    lease = WriterLock(path: fleet.writer.lockPath, isNamed: true)
    archive = DirectoryArchive(directory: Self.auditDirectory(fleet.writer))
    checkout = GitCheckout(
      directory: fleet.writer.infra, git: try Self.git(), environment: Self.gitEnvironment,
      signers: try Self.signers(fleet, at: "the writer"))
  }

  public var balancer: any Balancer { traffic.balancer }

  public var env: Env {
    Env(
      time: time, hosts: hosts, balancer: balancer, evidence: traffic.evidence, runs: runs,
      ledger: ledger, lease: lease, archive: archive, makeJudge: { LimitJudge() })
  }

  /// The longest interval between readings of run logs, in milliseconds.
  private static let longestRunInterval: Int64 = 5_000

  /// The directory of the ledger, which also contains `last_good.json`.
  static func auditDirectory(_ writer: WriterSpec) -> String {
    writer.ledger.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
  }

  /// A temporary path in the writer's private directory. The directory is created private if
  /// missing, so that its first user does not leave it open.
  func scratch(_ name: String) throws(PortError) -> String {
    let state = fleet.writer.state
    do throws(SystemError) {
      for path in [state, "\(state)/scratch"] { try Files.makePrivateDirectory(path) }
    } catch {
      throw PortError(
        .failed, "there is no place to unpack a release in: \(error)",
        remedy: error.ownRemedy ?? "Make \(state), and give it to the account that runs sluice.")
    }
    return "\(state)/scratch/\(HostFacts.processIdentifier)-\(name)"
  }

  static func git() throws(PortError) -> String {
    guard let git = Processes.find("git") else {
      throw PortError(
        .failed, "git is not on the search path", remedy: "Install it:  scripts/setup")
    }
    return git
  }

  /// Nil if tags need no signature.
  ///
  /// - Parameter place: this machine's name in messages.
  static func signers(_ fleet: Fleet, at place: String) throws(PortError) -> TagSigners? {
    guard let policy = fleet.signedTags else { return nil }
    guard let program = Processes.find("ssh-keygen") else {
      throw PortError(
        .failed, "tags have to be signed, and ssh-keygen is not on the search path of \(place)",
        remedy: "Install an OpenSSH client.")
    }
    return TagSigners(policy, program: program, place: place)
  }

  /// The part of the operator's environment that a fetch over ssh needs.
  static var gitEnvironment: [String: String] { HostFacts.environment(["HOME", "SSH_AUTH_SOCK"]) }

  private static func client(
    _ host: HostSpec, _ writer: WriterSpec, _ versions: AgentVersions
  ) throws(PortError) -> any HostClient {
    switch host.connection {
    case .local(let socket):
      return LocalHostClient(
        host: host.name, socket: socket, version: SluiceVersion.text, versions: versions)
    case .ssh(let destination, let socket, let mode):
      return SSHHostClient(
        host: host.name, destination: destination, socket: socket, version: SluiceVersion.text,
        settings: try HostShells.settings(mode ?? .closed, of: host.name, writer),
        versions: versions)
    }
  }
}
