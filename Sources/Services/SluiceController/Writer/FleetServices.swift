import SluiceCore
import SluiceEvidence
import SluiceHost
import SluiceLedgerStore
import SluiceJudge
import SluiceAgentClient
import SluicePorts
import SluiceSystem

/// The writer's real parts, built from the fleet. Building them touches nothing.
public struct FleetServices: Sendable {
  public let fleet: Fleet
  public let time: SystemTime
  public let links: [HostName: any HostClient]
  public let traffic: Traffic
  public let runs: RunLogs
  public let ledger: LedgerFile
  public let lease: WriterLock
  public let archive: DirectoryArchive
  public let checkout: GitCheckout

  public init(_ fleet: Fleet) throws(PortError) {
    self.fleet = fleet
    time = SystemTime()
    var links: [HostName: any HostClient] = [:]
    for host in fleet.hosts { links[host.name] = try Self.link(host, fleet.writer) }
    self.links = links
    traffic = try Traffic(fleet, time: time)
    let gateways = Set(fleet.gateways.map(\.name))
    runs = RunLogs(
      links: links.filter { gateways.contains($0.key) },
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
      time: time, links: links, balancer: balancer, evidence: traffic.evidence, runs: runs,
      ledger: ledger, lease: lease, archive: archive, makeJudge: { LimitJudge() })
  }

  /// Run ledgers are read at least this often, in milliseconds.
  private static let longestRunInterval: Int64 = 5_000

  /// Beside the ledger: `last_good.json` stands there.
  static func auditDirectory(_ writer: WriterSpec) -> String {
    writer.ledger.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
  }

  /// A place for a moment's work in the writer's own directory, which is made private where it is not
  /// there yet: whatever is made first must not open it.
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

  /// Nil where tags need no signature.
  ///
  /// - Parameter place: as messages name this machine.
  static func signers(_ fleet: Fleet, at place: String) throws(PortError) -> TagSigners? {
    guard let policy = fleet.signedTags else { return nil }
    guard let program = Processes.find("ssh-keygen") else {
      throw PortError(
        .failed, "tags have to be signed, and ssh-keygen is not on the search path of \(place)",
        remedy: "Install an OpenSSH client.")
    }
    return TagSigners(policy, program: program, place: place)
  }

  /// What a fetch over ssh needs of the operator's session, and nothing else.
  static var gitEnvironment: [String: String] { HostFacts.environment(["HOME", "SSH_AUTH_SOCK"]) }

  private static func link(_ host: HostSpec, _ writer: WriterSpec) throws(PortError)
    -> any HostClient
  {
    switch host.link {
    case .local(let socket):
      return LocalHostClient(host: host.name, socket: socket, version: SluiceVersion.text)
    case .ssh(let destination, let socket):
      guard let ssh = Processes.find("ssh") else {
        throw PortError(
          .failed, "\(host.name) is reached by ssh, which is not on the search path",
          remedy: "Install an OpenSSH client.")
      }
      // Keys of its own: what stands in the operator's known_hosts is the operator's trust.
      return SSHHostClient(
        host: host.name, destination: destination, socket: socket, version: SluiceVersion.text,
        settings: SSHHostClient.Settings(
          program: ssh, identityFile: writer.identity, knownHostsFile: "\(writer.state)/known_hosts"
        ))
    }
  }
}
