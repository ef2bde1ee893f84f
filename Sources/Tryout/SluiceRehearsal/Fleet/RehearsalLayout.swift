import SluiceCore
import SluicePorts
import SluiceSystem

/// The paths and ports of a rehearsal, known before anything is made.
public struct RehearsalLayout: Sendable, Hashable {
  public struct Host: Sendable, Hashable {
    public let name: HostName
    public let arm: Arm
    public let directory: String
    /// The agent's unix socket and private directory, by a path that is short enough.
    public let agentState: String
    public let gatewayPort: UInt16
    public let probePort: UInt16
    public let digestPort: UInt16
    /// Of the stand-in's latencies.
    public let seed: Int

    public var infra: String { "\(directory)/infra" }
    public var skills: String { "\(directory)/skills" }
    public var tenants: String { "\(directory)/tenants" }
    /// OpenClaw's builds, where another one is played.
    public var builds: String { "\(directory)/builds" }
    public var openclaw: String { "\(directory)/openclaw" }
    public var configuration: String { "\(openclaw)/openclaw.json" }
    public var tokenFile: String { "\(openclaw)/gateway.token" }
    public var gatewayLog: String { "\(directory)/gateway.log" }
    public var gatewayRecord: String { "\(directory)/gateway.process" }
    public var socket: String { "\(agentState)/agent.sock" }
    public var gateway: String { "127.0.0.1:\(gatewayPort)" }
    public var probe: String { "127.0.0.1:\(probePort)" }
  }

  /// Absolute.
  public let directory: String
  /// The same directory by a path that is short and plain enough for unix sockets and HAProxy.
  public let alias: String
  public let hosts: [Host]
  public let balancerPort: UInt16
  /// Of the model behind real gateways.
  public let modelPort: UInt16

  public var fleetFile: String { "\(directory)/sluice.yaml" }
  public var infra: String { "\(directory)/infra" }
  public var ledger: String { "\(directory)/audit/promotions.jsonl" }
  public var writerState: String { "\(alias)/writer" }
  public var balancerDirectory: String { "\(alias)/balancer" }
  /// The socket of its runtime API.
  public var balancerSocket: String { "\(balancerDirectory)/adm.sock" }
  public var balancer: String { "127.0.0.1:\(balancerPort)" }
  public var model: String { "127.0.0.1:\(modelPort)" }
  /// Records of the processes that the rehearsal itself started.
  public var processes: String { "\(directory)/processes" }
  var doctorScript: DoctorScript { DoctorScript(directory: directory) }
  public var logs: String { "\(directory)/logs" }

  /// A socket's path has room for 103 bytes, HAProxy's directory for 78.
  static let longestDirectory = 56

  static func needsAlias(_ directory: String) -> Bool {
    directory.utf8.count > longestDirectory || !directory.utf8.allSatisfy(isPlain)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "-")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
  }

  static let portCount = 11

  init(directory: String, alias: String, ports: RehearsalPorts) {
    self.directory = directory
    self.alias = alias
    let numbers = ports.numbers
    balancerPort = numbers[9]
    modelPort = numbers[10]
    let arms: [(String, Arm)] = [("mac-a", .canary), ("mac-b", .stable), ("mac-c", .stable)]
    hosts = arms.enumerated().map { index, host in
      Host(
        name: HostName(host.0), arm: host.1, directory: "\(directory)/hosts/\(host.0)",
        agentState: "\(alias)/hosts/\(host.0)/sluice", gatewayPort: numbers[index],
        probePort: numbers[3 + index], digestPort: numbers[6 + index], seed: index + 1)
    }
  }

  public func host(_ name: HostName) -> Host? { hosts.first { $0.name == name } }

  /// Makes a directory for a rehearsal that was given none: two that begin in the same second get
  /// one each.
  ///
  /// - Returns: its name in the given directory.
  public static func makeDefault(
    in directory: String, wallMilliseconds: Int64
  ) throws(PortError) -> String {
    let name = defaultName(wallMilliseconds: wallMilliseconds)
    for attempt in 1... {
      let numbered = attempt == 1 ? name : "\(name)-\(attempt)"
      let isOurs = try Disk.translating { () throws(SystemError) in
        try Files.claimDirectory("\(directory)/\(numbered)", mode: 0o700)
      }
      if isOurs { return numbered }
    }
    return name
  }

  /// `rehearsal-20261122-140211`, the time being UTC.
  public static func defaultName(wallMilliseconds: Int64) -> String {
    let digits = Timestamp.text(wallMilliseconds).filter(\.isNumber)
    return "rehearsal-\(digits.prefix(8))-\(digits.dropFirst(8).prefix(6))"
  }
}
