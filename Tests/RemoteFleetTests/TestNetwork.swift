import SluiceSystem
import SluiceTestSupport
import Testing

/// Network namespaces on a switch of their own: machines with addresses of their own, on one kernel.
/// Nothing of this machine's own network changes.
final class TestNetwork: Sendable {
  /// Whether namespaces may be made here, and why not.
  static let obstacle: String? = {
    if Platform.current != .linux { return "network namespaces exist on Linux only" }
    if HostFacts.userIdentifier != 0 { return "making network namespaces takes root" }
    for tool in ["ip", "nft", "sshd", "curl"] where !hasTool(tool) {
      return "\(tool) is not installed: scripts/setup --tests installs it"
    }
    return nil
  }()

  /// Whether this account may make a namespace, a bridge and a rule: a container's root often may not.
  static func isAllowed() async throws -> Bool {
    guard obstacle == nil else { return false }
    let name = "sluice-\(Randomness.hexadecimal(bytes: 3))-probe"
    let ip = try requireTool("ip")
    func succeeds(_ arguments: String...) async throws -> Bool {
      try await Processes.run(ProcessCommand(ip, arguments, environment: [:])).succeeded
    }
    guard try await succeeds("netns", "add", name) else { return false }
    let hasBridge = try await succeeds("-n", name, "link", "add", "br0", "type", "bridge")
    let hasRules = try await succeeds(
      "netns", "exec", name, try requireTool("nft"), "add", "table", "inet", "probe")
    return try await succeeds("netns", "delete", name) && hasBridge && hasRules
  }

  private static let subnet = "10.77.0"
  private let prefix = "sluice-\(Randomness.hexadecimal(bytes: 3))"
  private let ip: String

  private var hub: String { "\(prefix)-hub" }

  init() throws { ip = try requireTool("ip") }

  /// The switch.
  func make() async throws {
    try await run("netns", "add", hub)
    try await run("-n", hub, "link", "add", "br0", "type", "bridge")
    try await run("-n", hub, "link", "set", "br0", "up")
  }

  static func address(_ number: Int) -> String { "\(subnet).\(number)" }
  func namespace(_ number: Int) -> String { "\(prefix)-\(number)" }
  private func port(_ number: Int) -> String { "p\(number)" }

  /// A machine, plugged in.
  func add(_ number: Int) async throws {
    let name = namespace(number)
    try await run("netns", "add", name)
    try await run(
      "-n", hub, "link", "add", port(number), "type", "veth", "peer", "name", "eth0", "netns", name)
    try await run("-n", hub, "link", "set", port(number), "master", "br0", "up")
    try await run("-n", name, "link", "set", "lo", "up")
    try await run("-n", name, "address", "add", "\(Self.address(number))/24", "dev", "eth0")
    try await run("-n", name, "link", "set", "eth0", "up")
  }

  /// Pulls a machine's cable, or plugs it in.
  func plug(_ number: Int, _ isIn: Bool) async throws {
    try await run("-n", hub, "link", "set", port(number), isIn ? "up" : "down")
  }

  /// The machine's card drops this many of a hundred packets that come in; 0: none.
  func lose(_ percent: Int, at number: Int) async throws {
    let rules =
      percent == 0
      ? "flush ruleset"
      : """
      flush ruleset
      table inet loss {
        chain in {
          type filter hook input priority 0
          numgen random mod 100 < \(percent) drop
        }
      }
      """
    let outcome = try await Processes.run(
      ProcessCommand(
        ip, ["netns", "exec", namespace(number), try requireTool("nft"), "-f", "-"],
        environment: [:], input: Array((rules + "\n").utf8)))
    try #require(outcome.succeeded, "nft: \(outcome.errorText)")
  }

  /// The processes of a machine.
  func processes(on number: Int) async throws -> [ProcessIdentity] {
    let outcome = try await Processes.run(
      ProcessCommand(ip, ["netns", "pids", namespace(number)], environment: [:]))
    return outcome.outputText.split(whereSeparator: \.isWhitespace)
      .compactMap { Int32($0) }.compactMap(Processes.identity)
  }

  /// All of them at once, as a power cut does.
  func endProcesses(on number: Int) async throws {
    let isEmpty = try await eventually {
      let left = try await self.processes(on: number)
      for process in left { try? Processes.signal(process, 9) }
      return left.isEmpty
    }
    #expect(isEmpty, "processes of machine \(number) do not end")
  }

  /// A program on a machine.
  ///
  /// - Parameter home: the machine's directory: its `account` becomes the home of root there, and its `boot_id` the
  ///   kernel's.
  func command(
    on number: Int, home: String, _ program: String, _ arguments: [String],
    environment: [String: String] = [:], deadline: Duration = .seconds(60)
  ) -> ProcessCommand {
    let script = """
      mount --bind "$1/account" /root && mount --bind "$1/boot_id" /proc/sys/kernel/random/boot_id \
      && shift && exec "$@"
      """
    let own = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LC_ALL": "C"]
    return ProcessCommand(
      ip,
      ["netns", "exec", namespace(number), "/bin/sh", "-c", script, "sh", home, program]
        + arguments,
      environment: own.merging(environment) { $1 }, directory: "/", deadline: deadline)
  }

  /// Ends everything that runs on the machines, and takes them away.
  func remove(_ numbers: [Int]) async throws {
    for number in numbers { try await endProcesses(on: number) }
    for name in numbers.map(namespace) + [hub] { try await run("netns", "delete", name) }
  }

  private func run(_ arguments: String...) async throws {
    let outcome = try await Processes.run(ProcessCommand(ip, arguments, environment: [:]))
    try #require(outcome.succeeded, "ip \(arguments.joined(separator: " ")): \(outcome.errorText)")
  }
}
