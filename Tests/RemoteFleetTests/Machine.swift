import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceRehearsal

/// One gateway host with an address of its own: sshd, checkout, slices, gateway and agent.
struct Machine: Sendable {
  let number: Int
  let network: TestNetwork
  /// Everything of the machine.
  let home: String
  /// Whether OpenClaw's builds are directories here, with a link to the one that runs.
  let hasBuilds: Bool

  init(
    _ number: Int, on network: TestNetwork, in directory: String, hasBuilds: Bool = false
  ) throws {
    self.number = number
    self.hasBuilds = hasBuilds
    self.network = network
    home = "\(directory)/machine-\(number)"
    try Files.makeDirectory("\(home)/account/.ssh", mode: 0o700)
    try writeBootID()
  }

  var address: String { TestNetwork.address(number) }
  var gateway: String { "\(address):18789" }
  var probe: String { "\(address):8088" }
  var infra: String { "\(home)/infra" }
  var skills: String { "\(home)/skills" }
  var tenants: String { "\(home)/tenants" }
  var state: String { "\(home)/state" }
  var socket: String { "\(state)/agent.sock" }
  var openclaw: String { "\(home)/openclaw" }
  var tokenFile: String { "\(openclaw)/gateway.token" }
  var gatewayLog: String { "\(home)/gateway.log" }
  var gatewayRecord: String { "\(home)/gateway.process" }
  var builds: String { "\(home)/builds" }
  /// OpenClaw's command line, which is the gateway's program, too.
  var cli: String {
    hasBuilds ? "\(builds)/current/bin/openclaw" : "\(products)/openclaw-standin"
  }

  /// The variables of OpenClaw's programs.
  var openclawEnvironment: [String: String] {
    [
      "HOME": openclaw, "OPENCLAW_STATE_DIR": "\(openclaw)/state",
      "OPENCLAW_CONFIG_PATH": "\(openclaw)/openclaw.json",
    ]
  }

  /// A new one, as after a boot.
  func writeBootID() throws {
    let digits = Randomness.hexadecimal(bytes: 16)
    var parts: [Substring] = []
    var rest = digits[...]
    for length in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    let text = parts.joined(separator: "-") + "\n"
    try Files.replace("\(home)/boot_id", with: Array(text.utf8), durable: false)
  }

  /// Whether a program ends well here.
  func succeeds(_ program: String, _ arguments: String...) async -> Bool {
    await succeeds(program, arguments)
  }

  func succeeds(_ program: String, _ arguments: [String]) async -> Bool {
    let command = network.command(on: number, home: home, program, arguments)
    return (try? await Processes.run(command))?.succeeded ?? false
  }

  func run(
    _ program: String, _ arguments: String..., environment: [String: String] = [:]
  ) async throws {
    let outcome = try await Processes.run(
      network.command(
        on: number, home: home, program, arguments, environment: environment))
    try #require(
      outcome.succeeded, "\(program) \(arguments.joined(separator: " ")): \(outcome.errorText)")
  }

  func write(_ text: String, to path: String, mode: UInt32 = 0o600) throws {
    try Disk.write(path, text, mode: mode)
  }

  /// Moves a directory to a disk of its own; the machine's processes must have ended.
  func putOnSmallDisk(_ path: String) async throws -> SmallDisk {
    try await run("/bin/mv", path, "\(path).before")
    let disk = try #require(try SmallDisk.mounted(megabytes: 32, at: path))
    try await run("/bin/cp", "-a", "\(path).before/.", path)
    return disk
  }

  // MARK: ssh

  /// The sshd's own key.
  func makeHostKey() async throws {
    let key = "\(home)/ssh_host"
    for file in [key, "\(key).pub"] { try? Files.removeFile(file) }
    try await run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key)
  }

  /// `ssh-ed25519 AAAA…` of the sshd.
  func hostKey() throws -> String {
    try Files.readText("\(home)/ssh_host.pub").trimmingSpaces
  }

  /// A key of this machine's root.
  func makeUserKey() async throws -> String {
    let key = "\(home)/account/.ssh/id_ed25519"
    try await run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key)
    return try Files.readText("\(key).pub").trimmingSpaces
  }

  /// - Parameter authorized: the lines of authorized_keys.
  func startSSHD(authorized: [String]) async throws {
    try write(
      authorized.joined(separator: "\n") + "\n", to: "\(home)/account/.ssh/authorized_keys")
    let configuration = """
      ListenAddress \(address):22
      HostKey \(home)/ssh_host
      PidFile none
      StrictModes no
      UsePAM no
      PasswordAuthentication no
      KbdInteractiveAuthentication no

      """
    try write(configuration, to: "\(home)/sshd_config")
    // Debian's sshd shuts its unprivileged half into this directory; it is gone after a boot.
    try Files.makeDirectory("/run/sshd")
    try await startSSHD()
  }

  func startSSHD() async throws {
    let program = try requireTool("sshd")
    _ = try start("sshd", program, ["-D", "-e", "-f", "\(home)/sshd_config"])
  }

  /// With all its sessions.
  func endSSHD() async throws {
    try await end("sshd") { $0.contains("sshd") }
  }

  // MARK: Processes

  /// - Parameter isMeant: whether a command line is of a process to end.
  private func end(_ what: String, _ isMeant: (String) -> Bool) async throws {
    let isGone = try await eventually {
      let left = try await network.processes(on: number).filter { process in
        (try? Files.readText("/proc/\(process.pid)/cmdline")).map(isMeant) ?? false
      }
      for process in left { try? Processes.signal(process, 9) }
      return left.isEmpty
    }
    try #require(isGone, "the \(what) of machine \(number) does not end")
  }

  /// A program that continues to run; both its streams go to `NAME.log`.
  func start(
    _ name: String, _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> ProcessIdentity {
    try Processes.spawnDetached(
      network.command(
        on: number, home: home, program, arguments, environment: environment),
      outputPath: "\(home)/\(name).log")
  }

  func startGateway() async throws {
    let command = network.command(
      on: number, home: home, cli, ["gateway", "run"], environment: openclawEnvironment)
    _ = try await ProcessServiceManager(
      command: command, log: gatewayLog, record: gatewayRecord
    ).start()
    // The record was written outside the machine, where the boot has another name.
    let text = try Files.readText(gatewayRecord)
    let own = try Files.readText("\(home)/boot_id").filter { !$0.isWhitespace }
    let record = text.split(
      separator: SystemClock.bootIdentifier(), omittingEmptySubsequences: false
    )
    .joined(separator: own)
    try Files.replace(gatewayRecord, with: Array(record.utf8), mode: 0o600)
  }

  /// As a person restarts it, without Sluice.
  func restartGateway() async throws {
    let isGateway = { (process: ProcessIdentity) in
      let line = try? Files.readText("/proc/\(process.pid)/cmdline")
      return line?.contains("gateway\0run") == true
    }
    let isGone = try await eventually {
      let left = try await network.processes(on: number).filter(isGateway)
      for process in left { try? Processes.signal(process, 15) }
      return left.isEmpty
    }
    try #require(isGone, "the gateway of machine \(number) does not end")
    try await startGateway()
  }

  func startAgent(_ name: HostName, of fleetFile: String) throws {
    _ = try start(
      "agent", "\(products)/sluice", ["agent", "--fleet", fleetFile, "--host", name.rawValue])
  }

  /// Everything that runs here stands still, or goes on.
  func freeze(_ isFrozen: Bool) async throws {
    for process in try await network.processes(on: number) {
      try? Processes.signal(process, isFrozen ? 19 : 18)
    }
  }

  // MARK: OpenClaw

  /// Fragments and configuration, as the machine had them before Sluice came.
  func makeOpenClaw(token: String, balancer: String) async throws {
    try Disk.makeDirectory("\(openclaw)/state", mode: 0o700)
    try Disk.makeDirectory(state, mode: 0o700)
    try write(token, to: tokenFile)
    try write(
      """
      {"gateway": {"mode": "local", "bind": "lan", "port": 18789,
        "auth": {"mode": "token", "token": "\(token)"}, "trustedProxies": ["\(balancer)"]},
       "skills": {"load": {"extraDirs": ["\(skills)/current"]}},
       "standin": {"startMs": 300, "restartInPlaceMs": 300, "doctorMs": 200,
        "firstSessionExtraMs": 50, "seed": \(number)}}

      """, to: "\(openclaw)/openclaw.json")
    for (path, text) in TenantFiles.all { try Disk.write("\(tenants)/\(path)", text) }
  }

  /// The slice of the checkout, with the links.
  ///
  /// - Parameter hasMarker: false: the slice was copied there by hand.
  func placeSlice(hasMarker: Bool) async throws {
    let store = DirectorySliceStore(root: skills)
    let path = "\(infra)/\(LockFile.name)"
    let lock = try LockFile.decode(try Files.read(path), file: path)
    let marker = Marker(version: lock.skills.version, tree: lock.skills.tree)
    if hasMarker {
      _ = try await store.place(from: "\(infra)/skills", marker: marker, token: "setup")
    } else {
      try await run("/bin/mkdir", "-p", skills)
      try await run("/bin/cp", "-r", "\(infra)/skills", "\(skills)/\(lock.skills.version)")
    }
    for link in [SliceLink.current, .next] {
      try await store.swing(link, to: lock.skills.version, token: "setup")
    }
  }

  func copyBuilds(from directory: String) async throws {
    try await run("/bin/cp", "-a", directory, builds)
    try Files.swingLink("\(builds)/current", to: StandInBuilds.old, token: "setup")
  }

  /// The slice of the checkout without a marker, as the runbook has it copied.
  func copySlice(_ version: String) async throws {
    try Disk.makeDirectory(skills)
    try await run("/bin/cp", "-R", "\(infra)/skills", "\(skills)/\(version)")
    try await run("/bin/ln", "-s", version, "\(skills)/current")
  }

  /// The version that `current` names.
  func current() async throws -> String? {
    try await DirectorySliceStore(root: skills).links().current
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    String(split(whereSeparator: \.isNewline).first ?? "").split(separator: " ").prefix(2)
      .joined(separator: " ")
  }
}
