import SluiceCore
import SluiceController
import SluiceLedger
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceRehearsal

/// Three gateway hosts, a writer with the balancer, and a client, each with an address of its own: ssh
/// with the restricted key, git over ssh, Sluice's programs as an operator starts them.
final class RemoteFleet: Sendable {
  static let names = ["mac-a", "mac-b", "mac-c"].map { HostName($0) }
  private static let writerNumber = 1
  private static let clientNumber = 2

  /// How the fleet was run before.
  enum Past: Sendable {
    case placedBySluice
    /// Slices without a marker; no finding is accepted.
    case byHand
    /// The same, and no lock, no tag and no agent: Sluice never was there.
    case withoutSluice
    /// The same as placed by Sluice, with OpenClaw's builds as directories; later releases pin another.
    case withBuilds
    /// The same as placed by Sluice, and the client's machine is a front of the balancer.
    case behindFront
  }

  let past: Past
  let home: TemporaryDirectory
  let network: TestNetwork
  let writer: Machine
  let client: Machine
  let machines: [HostName: Machine]
  let token = Randomness.hexadecimal(bytes: 16)

  private init(_ past: Past) throws {
    self.past = past
    home = try TemporaryDirectory()
    network = try TestNetwork()
    writer = try Machine(Self.writerNumber, on: network, in: home.path)
    client = try Machine(Self.clientNumber, on: network, in: home.path)
    var machines: [HostName: Machine] = [:]
    for (index, name) in Self.names.enumerated() {
      machines[name] = try Machine(
        11 + index, on: network, in: home.path, hasBuilds: past == .withBuilds)
    }
    self.machines = machines
  }

  var fleetFile: String { home("sluice.yaml") }
  var ledger: String { home("audit/promotions.jsonl") }
  private var gitRepository: String { home("infra.git") }
  private var writerKey: String { home("writer_ed25519") }
  private var all: [Machine] { [writer, client] + gateways }
  private var gateways: [Machine] { Self.names.compactMap { machines[$0] } }

  func machine(_ name: String) throws -> Machine { try #require(machines[HostName(name)]) }

  /// Runs the body with everything at work, and ends it.
  static func with(
    _ past: Past = .placedBySluice, _ body: @Sendable (RemoteFleet) async throws -> Void
  ) async throws {
    let fleet = try RemoteFleet(past)
    let result: Result<Void, any Error>
    do {
      if past == .withoutSluice {
        try await fleet.buildByHand()
      } else {
        try await fleet.build()
      }
      try await body(fleet)
      result = .success(())
    } catch { result = .failure(error) }
    try await fleet.network.remove(fleet.all.map(\.number))
    try result.get()
  }

  // MARK: Building

  private func build() async throws {
    try await network.make()
    for machine in all { try await network.add(machine.number) }
    if past == .withBuilds { try StandInBuilds.install(in: home("builds")) }
    try await makeReleases()
    try await makeWriter()
    for machine in gateways { try await make(machine) }
    try await publishReleases()
    try Disk.write(fleetFile, description)
    for (name, machine) in machines {
      try await machine.startGateway()
      try machine.startAgent(name, of: fleetFile)
    }
    for name in Self.names { try await awaitReady(name) }
    let started = try await sluice("balancer", "start")
    try #require(started.succeeded, "\(started.errorText)")
    if past == .byHand { return }
    let accepted = try await sluice("accept", "--all", "--reason", "a test fleet")
    try #require(accepted.succeeded, "\(accepted.errorText)")
  }

  private func buildByHand() async throws {
    try await network.make()
    for machine in all { try await network.add(machine.number) }
    try await infra.create()
    try writeSkills(.current, in: home("releases"))
    try await git("-C", home("releases"), "add", "--all")
    try await git("-C", home("releases"), "commit", "--quiet", "--message", "Skills by hand")
    try await git("clone", "--quiet", "--bare", home("releases"), gitRepository)
    try await git("clone", "--quiet", gitRepository, writer.infra)
    let key = try await writer.makeUserKey()
    try await startWriter()
    for machine in gateways {
      try await clone(machine)
      try await machine.makeOpenClaw(token: token, balancer: writer.address)
      try await machine.copySlice(SkillPack.current.version)
      try await machine.makeHostKey()
      try await machine.startSSHD(authorized: [key])
      try await machine.startGateway()
    }
    try writer.write(
      try gateways.map { "\($0.address) \(try $0.hostKey())\n" }.joined(),
      to: "\(writer.home)/account/.ssh/known_hosts")
  }

  /// The files of a pack and the fragments, as a person writes them into a checkout.
  func writeSkills(_ pack: SkillPack, in checkout: String) throws {
    for (path, text) in TenantFiles.all { try Disk.write("\(checkout)/tenants/\(path)", text) }
    for (path, text) in pack.files { try Disk.write("\(checkout)/skills/\(path)", text) }
  }

  private var infra: InfraRepository {
    get throws { try InfraRepository(directory: home("releases")) }
  }

  /// - Parameter version: counts where the fleet has builds.
  private func pin(_ version: String) throws -> ReleaseLock.OpenClaw {
    past == .withBuilds
      ? try StandInBuilds.pin(version, in: home("builds"))
      : .init(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil)
  }

  private func makeReleases() async throws {
    try await infra.create()
    try await infra.release(.current, on: pin(StandInBuilds.old))
    try await git("clone", "--quiet", "--bare", home("releases"), gitRepository)
  }

  /// The release that the hosts do not have yet and fetch over ssh.
  private func publishReleases() async throws {
    for pack in SkillPack.all.dropFirst() {
      // A handful of clients is few: the bad release is bad enough to show in a dozen sessions.
      let pack = pack.version == SkillPack.bad.version ? pack.forRealGateways : pack
      try await infra.release(pack, on: pin(StandInBuilds.new))
    }
    try await git(
      "--git-dir", gitRepository, "fetch", "--quiet", home("releases"), "+refs/*:refs/*")
    try await git("clone", "--quiet", gitRepository, writer.infra)
    try await git(
      "-C", writer.infra, "checkout", "--quiet", "--detach", "refs/tags/\(SkillPack.current.tag)")
  }

  /// The writer serves the repository to the hosts, each with a key that can do nothing else.
  private func makeWriter() async throws {
    try Files.makeDirectory(home("writer"), mode: 0o700)
    try await writer.run(
      "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", writerKey)
    try await startWriter()
  }

  private func startWriter() async throws {
    try await writer.makeHostKey()
    var lines: [String] = []
    for machine in gateways {
      let key = try await machine.makeUserKey()
      lines.append("restrict,command=\"git-upload-pack '\(gitRepository)'\" \(key)")
      try machine.write(
        "\(writer.address) \(try writer.hostKey())\n",
        to: "\(machine.home)/account/.ssh/known_hosts")
    }
    try await writer.startSSHD(authorized: lines)
    let isUp = await eventually {
      await gateways[0].succeeds(
        "/usr/bin/ssh-keyscan", "-T", "1", "-t", "ed25519", writer.address)
    }
    try #require(isUp, "the writer's sshd does not answer")
  }

  private func clone(_ machine: Machine) async throws {
    try await machine.run(
      "/usr/bin/git", "clone", "--quiet", "ssh://root@\(writer.address)\(gitRepository)",
      machine.infra, environment: InfraRepository.environment)
  }

  private func make(_ machine: Machine) async throws {
    try await clone(machine)
    try await machine.run(
      "/usr/bin/git", "-C", machine.infra, "checkout", "--quiet", "--detach",
      "refs/tags/\(SkillPack.current.tag)", environment: InfraRepository.environment)
    if machine.hasBuilds { try await machine.copyBuilds(from: home("builds")) }
    try await machine.makeOpenClaw(token: token, balancer: writer.address)
    try await machine.placeSlice(hasMarker: past != .byHand)
    try await machine.makeHostKey()
    let line = try await Processes.run(
      ProcessCommand(
        "\(products)/sluice",
        ["node", "--authorized-key", "\(writerKey).pub", "--socket", machine.socket],
        environment: ["PATH": "/usr/bin:/bin"], directory: "/"))
    try #require(line.succeeded, "\(line.errorText)")
    try await machine.startSSHD(
      authorized: line.outputText.split(separator: "\n").map(String.init))
    try trust()
  }

  /// The writer's known hosts, as they are now.
  func trust() throws {
    var lines: [String] = []
    for (name, machine) in machines.sorted(by: { $0.key < $1.key }) {
      if let key = try? machine.hostKey() { lines.append("\(name) \(key)") }
    }
    try Disk.write(home("writer/known_hosts"), lines.joined(separator: "\n") + "\n", mode: 0o600)
  }

  private func git(_ arguments: String...) async throws {
    let outcome = try await Processes.run(
      ProcessCommand(
        try requireTool("git"), arguments, environment: InfraRepository.environment,
        directory: home.path))
    try #require(outcome.succeeded, "git \(arguments): \(outcome.errorText)")
  }

  func awaitReady(_ name: HostName) async throws {
    let machine = try #require(machines[name])
    // Without a marker no gateway proves its release: then any answer will do.
    let curl = ["--silent", "--max-time", "2", "--output", "/dev/null"]
    let arguments = past == .byHand ? curl : curl + ["--fail"]
    let isReady = await eventually {
      await writer.succeeds("/usr/bin/curl", arguments + ["http://\(machine.probe)/readyz"])
    }
    if isReady { return }
    let said = try await Processes.run(
      network.command(
        on: writer.number, home: writer.home, "/usr/bin/curl",
        ["--silent", "--show-error", "--max-time", "5", "http://\(machine.probe)/readyz"]))
    try #require(
      isReady,
      """
      \(name) is not ready. Its agent: \(log("agent", of: machine))
      Its probe: \(said.outputText)\(said.errorText)
      """)
  }

  private func log(_ name: String, of machine: Machine) -> String {
    let text = (try? Files.readText("\(machine.home)/\(name).log")) ?? ""
    return String(text.suffix(1_000))
  }

  // MARK: Using

  /// A command that the operator types on the writer, to its end.
  func sluice(_ arguments: String..., deadline: Duration = .seconds(180)) async throws
    -> ProcessOutcome
  {
    try await sluice(arguments, deadline: deadline)
  }

  func sluice(_ arguments: [String], deadline: Duration = .seconds(180)) async throws
    -> ProcessOutcome
  {
    try await Processes.run(
      network.command(
        on: writer.number, home: writer.home, "\(products)/sluice",
        arguments + ["--fleet", fleetFile], environment: ["USER": "root", "NO_COLOR": "1"],
        deadline: deadline))
  }

  /// Plans a release and begins its promotion; the controller goes on by itself.
  func begin(_ tag: String) async throws {
    let planned = try await sluice("plan", tag, "--json")
    let digest = try #require(
      planned.outputText.firstMatch(of: /"digest":\s*"sha256:([0-9a-f]+)"/)?.1,
      "no plan: \(planned.outputText) \(planned.errorText)")
    let begun = try await sluice("promote", String(digest), "--ticket", "OPS-1", "--detach")
    try #require(begun.succeeded, "\(begun.errorText)")
  }

  func promotion() async throws -> Promotion? {
    try await LedgerReading.load(FleetLoader.load(fleetFile).writer).replay.promotion
  }

  func entries() async throws -> [LedgerEntry] {
    try await LedgerReading.load(FleetLoader.load(fleetFile).writer).entries
  }

  /// Until the promotion is at such a place.
  func until(
    _ what: String, within limit: Duration = .seconds(150),
    _ condition: @Sendable (Promotion) -> Bool
  ) async throws {
    var last: Promotion?
    let isSo = await eventually(within: limit) {
      last = try? await promotion()
      return last.map(condition) ?? false
    }
    let status = isSo ? "" : try await sluice("explain").outputText
    try #require(isSo, "\(what): it is \(last.map { "\($0.phase)" } ?? "nothing")\n\(status)")
  }

  /// All services of a machine come up again, as its init would start them.
  func boot(_ name: HostName) async throws {
    let machine = try #require(machines[name])
    try machine.writeBootID()
    try await machine.startSSHD()
    try await machine.startGateway()
    try machine.startAgent(name, of: fleetFile)
  }
}
