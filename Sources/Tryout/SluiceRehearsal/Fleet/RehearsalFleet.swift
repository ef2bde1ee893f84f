import SluiceFoundation
import SluiceCore
import SluiceController
import SluiceHost
import SluicePorts
import SluiceSystem

/// A fleet of three on loopback, as an operator would have set it up: repository, hosts, gateways,
/// agents, `sluice.yaml`. Everything of it lies in one directory.
public struct RehearsalFleet: Sendable {
  /// The programs that it is played with.
  public struct Programs: Sendable, Hashable {
    public var sluice: String
    /// Serves as the gateways, or as the model of real ones.
    public var standIn: String
    /// The real OpenClaw that the gateways run; nil: the stand-in does.
    public var build: OpenClawBuild?
    /// The build that one of the acts moves to; nil: builds are not Sluice's here.
    public var next: OpenClawBuild?
    /// A script before the stand-in's command line can make Doctor fail.
    public var hasDoctorScript = false
    /// Clients have the address that they name, as if a front named it.
    public var isFronted = false

    public init(
      sluice: String, standIn: String, build: OpenClawBuild? = nil, next: OpenClawBuild? = nil
    ) {
      self.sluice = sluice
      self.standIn = standIn
      self.build = build
      self.next = next
    }

    /// The program that a gateway is started with: where builds are Sluice's, through their link.
    func gateway(of host: RehearsalLayout.Host) -> String {
      next == nil ? build?.program ?? standIn : "\(host.builds)/current/bin/openclaw"
    }

    /// This program, and the stand-in beside it.
    public static func beside(_ executable: String) throws(PortError) -> Programs {
      let folder = "/" + executable.split(separator: "/").dropLast().joined(separator: "/")
      let standIn = "\(folder)/openclaw-standin"
      let status = try Disk.translating { () throws(SystemError) in
        try Files.status(of: standIn)
      }
      guard status != nil else {
        throw PortError(
          .failed, "\(standIn) is not there: a rehearsal needs the stand-in OpenClaw",
          remedy: "Build both:  scripts/rehearse   or:  swift build --product openclaw-standin")
      }
      return Programs(sluice: executable, standIn: standIn)
    }
  }

  public let layout: RehearsalLayout
  public let programs: Programs
  public private(set) var timing: RehearsalTiming
  /// Read back from `sluice.yaml`.
  public private(set) var fleet: Fleet
  /// The gateways' token, which clients send too.
  public let token: String

  public var processes: RecordedProcesses { RecordedProcesses(directory: layout.directory) }

  /// Makes everything and starts nothing.
  ///
  /// - Parameter directory: absolute; it must not exist yet, or be empty.
  public static func build(
    in directory: String, programs: Programs, timing: RehearsalTiming = RehearsalTiming()
  ) async throws(PortError) -> RehearsalFleet {
    try claim(directory)
    let ports = try RehearsalPorts.find(RehearsalLayout.portCount)
    let layout = RehearsalLayout(
      directory: directory, alias: try makeAlias(of: directory), ports: ports)
    do throws(PortError) {
      let rehearsal = try describe(layout, programs, timing)
      try rehearsal.makeBuilds()
      try await rehearsal.makeReleases()
      for host in layout.hosts { try await rehearsal.make(host) }
      return rehearsal
    } catch {
      removeAlias(of: layout)
      throw error
    }
  }

  /// Writes `sluice.yaml`, and reads it as the product will.
  private static func describe(
    _ layout: RehearsalLayout, _ programs: Programs, _ timing: RehearsalTiming
  ) throws(PortError) -> RehearsalFleet {
    let fleet = try writeFleet(layout, programs, timing)
    let folders = [
      layout.processes, layout.logs, layout.writerState, layout.balancerDirectory,
      "\(layout.directory)/audit",
    ]
    for folder in folders { try Disk.makeDirectory(folder, mode: 0o700) }
    if programs.hasDoctorScript { try layout.doctorScript.write(standIn: programs.standIn) }
    return RehearsalFleet(
      layout: layout, programs: programs, timing: timing, fleet: fleet,
      token: Randomness.hexadecimal(bytes: 16))
  }

  private static func writeFleet(
    _ layout: RehearsalLayout, _ programs: Programs, _ timing: RehearsalTiming
  ) throws(PortError) -> Fleet {
    let description = FleetDescription(
      layout: layout, timing: timing, programs: programs, environment: libraryEnvironment)
    try Disk.write(layout.fleetFile, description.text)
    return try FleetLoader.load(layout.fleetFile)
  }

  /// The same fleet with other times. Writes sluice.yaml again before a command has read the
  /// earlier times.
  func retimed(_ timing: RehearsalTiming) throws(PortError) -> RehearsalFleet {
    var copy = self
    copy.timing = timing
    copy.fleet = try Self.writeFleet(layout, programs, timing)
    return copy
  }

  private func makeReleases() async throws(PortError) {
    let infra = try InfraRepository(directory: layout.infra)
    try await infra.create()
    let build = try pins(of: programs.build)
    try await infra.release(forGateways(.current), on: build)
    // Hosts know what was released when they were set up; the rest they fetch.
    for host in layout.hosts { try await infra.clone(to: host.infra, at: SkillPack.current.tag) }
    for pack in SkillPack.all.dropFirst() {
      try await infra.release(forGateways(pack), on: build)
    }
    if let next = programs.next {
      try await infra.release(forGateways(.nextBuild), on: try pins(of: next))
    }
    try await infra.checkOut(SkillPack.current.tag)
  }

  private func forGateways(_ pack: SkillPack) -> SkillPack {
    programs.build == nil ? pack : pack.forRealGateways
  }

  private func make(_ host: RehearsalLayout.Host) async throws(PortError) {
    try Disk.makeDirectory(host.agentState, mode: 0o700)
    try Disk.makeDirectory("\(host.openclaw)/state", mode: 0o700)
    try Disk.write(host.tokenFile, token, mode: 0o600)
    let configuration = GatewayConfiguration(
      layout: layout, host: host, timing: timing, token: token, isStandIn: programs.build == nil)
    try Disk.write(host.configuration, configuration.text, mode: 0o600)
    for (path, text) in TenantFiles.all { try Disk.write("\(host.tenants)/\(path)", text) }
    let version = SkillPack.current.version
    let store = DirectorySliceStore(root: host.skills)
    let marker = try Self.marker(lock: "\(host.infra)/\(LockFile.name)")
    _ = try await store.place(from: "\(host.infra)/skills", marker: marker, token: "rehearsal")
    try await store.swing(.current, to: version, token: "rehearsal")
    try await store.swing(.next, to: version, token: "rehearsal")
  }

  private static func marker(lock path: String) throws(PortError) -> Marker {
    let lock = try LockFile.decode(try Disk.read(path) ?? [], file: path)
    return Marker(version: lock.skills.version, tree: lock.skills.tree)
  }

  private static func claim(_ directory: String) throws(PortError) {
    try Disk.makeDirectory(directory, mode: 0o700)
    let isOurs = try Disk.translating { () throws(SystemError) in
      guard try Files.names(in: directory).isEmpty else { return false }
      // Of two that find it empty, one gets it.
      return try Files.claimDirectory("\(directory)/audit", mode: 0o700)
    }
    guard isOurs else {
      throw PortError(
        .refused, "\(directory) is not empty",
        remedy: "Name another directory:  sluice rehearse --dir DIR")
    }
  }

  /// The directory itself, or a link to it in the directory for temporary files.
  private static func makeAlias(of directory: String) throws(PortError) -> String {
    guard RehearsalLayout.needsAlias(directory) else { return directory }
    let name = "sluice-\(Randomness.hexadecimal(bytes: 4))"
    let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    let trimmed = temporary.hasSuffix("/") ? String(temporary.dropLast()) : temporary
    let fits = !RehearsalLayout.needsAlias("\(trimmed)/\(name)") && trimmed.hasPrefix("/")
    let alias = "\(fits ? trimmed : "/tmp")/\(name)"
    try Disk.translating { () throws(SystemError) in
      try Files.swingLink(alias, to: directory, token: "new")
    }
    return alias
  }

  static func removeAlias(of layout: RehearsalLayout) {
    // Best effort: a link that stays points at a directory that says what it was.
    if layout.alias != layout.directory { try? Files.removeFile(layout.alias) }
  }

  /// Where this program itself was told to find its libraries.
  private static var libraryEnvironment: [String: String] {
    ProcessInfo.processInfo.environment.filter {
      ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"].contains($0.key)
    }
  }
}
