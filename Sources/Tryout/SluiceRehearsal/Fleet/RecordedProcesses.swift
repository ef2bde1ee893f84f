import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// The processes of one rehearsal, by the records on disk: its own children, the gateways that
/// agents start, the controller, the balancer and its keeper. So a killed rehearsal can still be
/// stopped.
public struct RecordedProcesses: Sendable {
  public struct Running: Sendable, Hashable {
    /// `agent-mac-a`, `gateway-mac-b`, `balancer`, `controller`.
    public let name: String
    public let process: ProcessIdentity
  }

  static let hostNames = ["mac-a", "mac-b", "mac-c"]
  private static let sigterm: Int32 = 15
  private static let sigkill: Int32 = 9

  let directory: String

  /// - Parameter directory: the rehearsal's, absolute.
  public init(directory: String) { self.directory = directory }

  /// The members that all records have.
  private struct Record: Codable {
    var schema: String
    var process: ProcessIdentity?
  }

  static func write(_ process: ProcessIdentity, to path: String) throws(PortError) {
    let record = Record(schema: "sluice.rehearsal.process/1", process: process)
    let text: String
    do { text = try CanonicalJSON.encode(record).canonicalText } catch {
      throw PortError(.failed, "\(error)")
    }
    try Disk.write(path, text + "\n", mode: 0o600)
  }

  /// The running processes, in the order of their end: a process that starts others ends before
  /// them.
  public func running() -> [Running] {
    let folder = "\(directory)/processes"
    let own = ((try? Files.names(in: folder)) ?? []).filter { $0.hasSuffix(".json") }.map {
      (name: String($0.dropLast(5)), path: "\(folder)/\($0)")
    }
    let gateways = Self.hostNames.map {
      (name: "gateway-\($0)", path: "\(directory)/hosts/\($0)/gateway.process")
    }
    let balancer = [(name: "balancer", path: "\(directory)/balancer/process.json")]
    let recorded = (own + balancer + gateways).compactMap { name, path -> Running? in
      guard let process = Self.read(path), Processes.isRunning(process) else { return nil }
      return Running(name: name, process: process)
    }
    let starters = [("controller", controller), (Self.keeper, keeper)].compactMap { name, process in
      process.map { Running(name: name, process: $0) }
    }
    return starters + recorded
  }

  /// The holder of the writer's lease, by the note in its lock: `…, process 4711`.
  var controller: ProcessIdentity? {
    let lock = "\(directory)/audit/promotions.jsonl.lock"
    guard let words = (try? FileLock.holderNote(lock))?.split(separator: " "),
      let index = words.firstIndex(of: "process"), index + 1 < words.count,
      let pid = Int32(words[index + 1])
    else { return nil }
    return Processes.identity(of: pid)
  }

  /// The keeper, which would start an ended balancer again.
  private var keeper: ProcessIdentity? {
    Self.read("\(directory)/balancer/keeper.json").flatMap { Processes.isRunning($0) ? $0 : nil }
  }

  private static let keeper = "keeper"

  private static func read(_ path: String) -> ProcessIdentity? {
    guard let bytes = try? Files.read(path, limit: 1 << 16),
      let record = try? CanonicalJSON.decode(Record.self, from: bytes)
    else { return nil }
    return record.process
  }

  /// Ends all of them: SIGTERM, after the patience SIGKILL to the process group. Looks again
  /// afterwards, since an agent may just have started a gateway.
  ///
  /// - Returns: the processes that still run.
  @discardableResult
  public func stop(patience: Duration = .seconds(4)) async -> [Running] {
    for _ in 0..<3 {
      let found = running()
      if found.isEmpty { break }
      for item in found where item.name == Self.keeper { await Self.end(item.process, patience) }
      await withDiscardingTaskGroup { group in
        for item in found { group.addTask { await Self.end(item.process, patience) } }
      }
    }
    return running()
  }

  static func end(_ process: ProcessIdentity, _ patience: Duration) async {
    // That it ended meanwhile is what was wanted: errors mean nothing else here.
    try? Processes.signal(process, sigterm)
    if await Processes.waitForExit(process, deadline: patience) { return }
    try? Processes.signal(process, sigkill, group: true)
    _ = await Processes.waitForExit(process, deadline: .seconds(3))
  }

  /// Ends one at once, as a crash would: nothing that it holds is put away.
  static func kill(_ process: ProcessIdentity) async throws(PortError) {
    try Disk.translating { () throws(SystemError) in try Processes.signal(process, sigkill) }
    _ = await Processes.waitForExit(process, deadline: .seconds(5))
  }
}

/// Processes of earlier rehearsals that were not put away: one was killed, or kept with `--keep`.
public struct Leftover: Sendable, Hashable {
  /// The rehearsal's directory.
  public let directory: String
  public let processes: [RecordedProcesses.Running]

  /// Looks at the rehearsals in a directory.
  public static func find(in parent: String) -> [Leftover] {
    let names = (try? Files.names(in: parent)) ?? []
    return names.filter { $0.hasPrefix("rehearsal-") }.compactMap { name in
      let directory = "\(parent)/\(name)"
      let processes = RecordedProcesses(directory: directory).running()
      return processes.isEmpty ? nil : Leftover(directory: directory, processes: processes)
    }
  }

  public var lines: [String] {
    [
      "\(directory) still runs: " + processes.map(\.name).joined(separator: ", "),
      "To stop it:  sluice rehearse --stop --dir \(directory)",
    ]
  }
}
