import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// A gateway that Sluice itself starts and ends, known by a record on disk. A later agent adopts
/// the running process by the record.
///
/// Never starts two: a lock excludes other starters, and the intent to start is on disk before the
/// process exists. A start that was interrupted between the two is not repeated blindly, since its
/// process may run.
public actor ProcessServiceManager: ServiceManager {
  let command: ProcessCommand
  let log: String
  let record: String

  /// - Parameters:
  ///   - command: its input, deadline and output limit have no effect here.
  ///   - log: where the process's output is appended.
  ///   - record: the file that keeps the process's identity; the lock is beside the file.
  public init(command: ProcessCommand, log: String, record: String) {
    self.command = command
    self.log = log
    self.record = record
  }

  public func status() throws(PortError) -> ServiceStatus {
    let process = try readRecord()?.process
    guard let process, Processes.isRunning(process) else {
      return ServiceStatus(pid: nil, startedAtMilliseconds: nil, lastWords: lastWords)
    }
    return Self.status(process)
  }

  /// The end of the gateway's log. A process that is not a child leaves no exit code.
  private var lastWords: String? {
    guard let bytes = try? Files.readEnd(of: log, limit: 4 << 10), !bytes.isEmpty else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  public func start() throws(PortError) -> ServiceStatus {
    let lock = try acquire("start")
    defer { lock.release() }
    if let process = try running() { return Self.status(process) }
    return Self.status(try spawn())
  }

  public func restart(deadline: Duration) async throws(PortError) -> ServiceStatus {
    let lock = try acquire("restart")
    defer { lock.release() }
    if let process = try running() { try await end(process, deadline: deadline) }
    return Self.status(try spawn())
  }

  public func stop(deadline: Duration) async throws(PortError) -> ServiceStatus {
    let lock = try acquire("stop")
    defer { lock.release() }
    if let process = try running() { try await end(process, deadline: deadline) }
    return Self.status(nil)
  }
}

extension ProcessServiceManager {
  struct Record: Codable {
    static let schemaName = "sluice.process/1"
    var schema = Record.schemaName
    /// No process outlives the boot that it was started in.
    var boot: String
    /// Nil while a start is under way.
    var process: ProcessIdentity?
  }

  /// How long a process may take to vanish after SIGKILL.
  private static let killDeadline = Duration.seconds(5)
  private static let sigterm: Int32 = 15
  private static let sigkill: Int32 = 9
  private static let noSuchProcess: Int32 = 3  // ESRCH

  private static func status(_ process: ProcessIdentity?) -> ServiceStatus {
    ServiceStatus(pid: process?.pid, startedAtMilliseconds: process?.startedMilliseconds)
  }

  private func acquire(_ purpose: String) throws(PortError) -> FileLock {
    let path = "\(record).lock"
    let lock = try PortError.translating { () throws(SystemError) in
      try FileLock.tryAcquire(path, note: "sluice: \(purpose) of \(command.executable)")
    }
    if let lock { return lock }
    throw PortError(
      .refused, "\(path) is held: another Sluice starts or ends this gateway right now",
      remedy: "Wait until it is done, then look at the host's status.")
  }

  /// The recorded process, while it runs.
  private func running() throws(PortError) -> ProcessIdentity? {
    guard let recorded = try readRecord(), recorded.boot == SystemClock.bootIdentifier() else {
      return nil
    }
    guard let process = recorded.process else {
      throw PortError(
        .refused, "\(record) says that a start of \(command.executable) was cut short",
        remedy: "If that process runs (ps), end it; then remove \(record) and try again.")
    }
    return Processes.isRunning(process) ? process : nil
  }

  private func spawn() throws(PortError) -> ProcessIdentity {
    let boot = SystemClock.bootIdentifier()
    try write(Record(boot: boot, process: nil))
    let process: ProcessIdentity
    do { process = try Processes.spawnDetached(command, outputPath: log) } catch {
      try PortError.translating { () throws(SystemError) in try Files.removeFile(record) }
      throw PortError(error, remedy: "Is \(command.executable) there, and may it be executed?")
    }
    try write(Record(boot: boot, process: process))
    return process
  }

  private func end(_ process: ProcessIdentity, deadline: Duration) async throws(PortError) {
    try signal(process, Self.sigterm, group: false)
    if await Processes.waitForExit(process, deadline: deadline) { return }
    // The children of the process end with the process.
    try signal(process, Self.sigkill, group: true)
    if await Processes.waitForExit(process, deadline: Self.killDeadline) { return }
    throw PortError(
      .failed, "process \(process.pid) (\(command.executable)) lives on after SIGKILL",
      remedy: "It hangs in the kernel, perhaps on a disk that is gone: restart the machine.")
  }

  private func signal(_ process: ProcessIdentity, _ number: Int32, group: Bool) throws(PortError) {
    do { try Processes.signal(process, number, group: group) } catch {
      // The process ended by itself just now.
      if error.code != Self.noSuchProcess { throw PortError(error) }
    }
  }

  private func readRecord() throws(PortError) -> Record? {
    let bytes = try PortError.translating { () throws(SystemError) in
      try Files.status(of: record) == nil ? nil : try Files.read(record, limit: 4096)
    }
    guard let bytes else { return nil }
    if let recorded = try? CanonicalJSON.decode(Record.self, from: bytes),
      recorded.schema == Record.schemaName
    {
      return recorded
    }
    throw PortError(
      .refused, "\(record) is no record of a process",
      remedy: "End the gateway by hand if it runs, then remove the file.")
  }

  private func write(_ value: Record) throws(PortError) {
    let bytes: [UInt8]
    do { bytes = try CanonicalJSON.bytes(value) } catch { throw PortError(.failed, "\(error)") }
    try PortError.translating { () throws(SystemError) in
      try Files.replace(record, with: bytes, mode: 0o600)
    }
  }
}
