import SluicePorts
import SluiceSystem

/// The process of a build that is tried. A record in the trial's directory names the process, so that
/// a later agent can end what an interrupted trial left.
struct TrialProcess {
  private struct Record: Codable {
    static let schemaName = "sluice.trial-process/1"
    var schema = Record.schemaName
    /// No process outlives the boot that it was started in.
    var boot: String
    var process: ProcessIdentity
  }

  let directory: String
  let identity: ProcessIdentity

  private static let grace = Duration.seconds(10)
  private static let logBytes = 64 << 10

  private static func record(_ directory: String) -> String { "\(directory)/process.json" }
  private var log: String { "\(directory)/gateway.log" }

  /// Starts the program in a session and a process group of its own.
  static func start(_ command: ProcessCommand, in directory: String) async throws(PortError)
    -> TrialProcess
  {
    let started: TrialProcess
    do throws(SystemError) {
      started = TrialProcess(
        directory: directory,
        identity: try Processes.spawnDetached(command, outputPath: "\(directory)/gateway.log"))
    } catch {
      throw PortError(.failed, "\(command.executable) cannot be started: \(error)")
    }
    let record = Record(boot: SystemClock.bootIdentifier(), process: started.identity)
    var fault = "its record cannot be written as JSON"
    if let text = JSONText.encode(record) {
      do throws(SystemError) {
        try Files.replace(Self.record(directory), with: Array(text.utf8), mode: 0o600)
        return started
      } catch { fault = "\(error)" }
    }
    // A process that nobody could find again must not stay.
    await started.end()
    throw PortError(.failed, "the trial's process cannot be recorded: \(fault)")
  }

  var isRunning: Bool { Processes.isRunning(identity) }

  /// Ends the whole process group, also after a cancellation.
  func end() async { await Processes.endGroup(identity, grace: Self.grace) }

  /// Ends what an interrupted trial left. A directory without a record has no process.
  static func endLeftover(in directory: String) async {
    guard let bytes = try? Files.read(record(directory), limit: 4096),
      let record = JSONText.decode(Record.self, bytes),
      record.schema == Record.schemaName, record.boot == SystemClock.bootIdentifier()
    else { return }
    await Processes.endGroup(record.process, grace: grace)
  }

  /// The line of the output that says why it ended, or the last one; nil: it said nothing.
  var lastWords: String? {
    guard let bytes = try? Files.readEnd(of: log, limit: Self.logBytes) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .map { $0.trimmingBlanks }.filter { !$0.isEmpty }
    for sign in ["uses newer schema version", "Gateway failed to start", "igration"] {
      if let line = lines.last(where: { $0.contains(sign) && $0.saysFailure }) { return line }
    }
    return lines.last
  }
}

extension StringProtocol {
  fileprivate var trimmingBlanks: String {
    let kept = drop { $0.isWhitespace }
    let end = kept.lastIndex { !$0.isWhitespace }
    return end.map { String(kept[...$0]) } ?? ""
  }

  /// A line may only report that a migration went well.
  fileprivate var saysFailure: Bool {
    contains("newer schema") || contains("ailed") || contains("rror") || contains("annot")
  }
}
