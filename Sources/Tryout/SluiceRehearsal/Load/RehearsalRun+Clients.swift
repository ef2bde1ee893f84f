import SluiceJSON
import SluicePorts
import SluiceSystem

extension RehearsalRun {
  /// Clients of a fleet that was kept, until they are ended: a promotion without traffic has no
  /// evidence to widen on.
  public func clients() async throws {
    let path = KeptClients.path(in: options.directory)
    guard let bytes = try Disk.read(path) else {
      throw PortError(
        .refused, "\(path) is not there: no fleet was kept in \(options.directory)",
        remedy: "Keep one:  sluice rehearse --keep --dir DIR")
    }
    await Load(try CanonicalJSON.decode(KeptClients.self, from: bytes).options).run()
  }

  /// The rest after all acts: the fleet, and its clients.
  ///
  /// - Returns: how to go on with it, and how to end it.
  func keep(_ fleet: RehearsalFleet) async throws -> [String] {
    let record = try CanonicalJSON.encode(KeptClients(fleet)).canonicalText
    try Disk.write(KeptClients.path(in: fleet.layout.directory), record + "\n", mode: 0o600)
    _ = try fleet.start("clients", ["rehearse", "--clients", "--dir", fleet.layout.directory])
    return await fleet.keepLines()
  }
}

/// The load of a fleet, as it lies in a file beside one that is kept: the token in it is the reason
/// for its mode.
struct KeptClients: Codable {
  let target: String
  let token: String
  /// Canonical JSON has whole numbers only.
  let sessionsPerThousandSeconds: Int
  /// How long a real gateway may take to start, milliseconds; nil for stand-ins.
  let realStart: Int64?

  static func path(in directory: String) -> String { "\(directory)/clients.json" }

  init(_ fleet: RehearsalFleet) {
    target = fleet.layout.balancer
    token = fleet.token
    sessionsPerThousandSeconds = Int((fleet.timing.sessionsPerSecond * 1_000).rounded())
    realStart = fleet.programs.build == nil ? nil : fleet.timing.startMilliseconds
  }

  var options: LoadOptions {
    LoadOptions(
      target: target, token: token,
      sessionsPerSecond: Double(sessionsPerThousandSeconds) / 1_000, realStart: realStart)
  }
}
