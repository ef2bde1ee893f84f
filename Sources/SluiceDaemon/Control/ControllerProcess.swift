import SluiceCore
import SluicePorts
import SluiceSystem

/// Starts controllers as processes of their own: the terminal may close, the lid too.
public struct ControllerProcess: Sendable {
  private let fleetPath: String
  private let writer: WriterSpec
  private static let startDeadline: Duration = .seconds(60)
  private static let pollInterval: Duration = .milliseconds(50)
  /// What a controller needs of the operator's session to reach hosts and to find programs.
  private static let inherited = [
    "HOME", "LANG", "LC_ALL", "PATH", "SSH_AUTH_SOCK", "TMPDIR", "USER",
  ]

  /// - Parameter fleetPath: absolute, because the process has a directory of its own.
  public init(fleetPath: String, writer: WriterSpec) {
    self.fleetPath = fleetPath
    self.writer = writer
  }

  /// Where controllers log, a file each, so that nobody reads another one's words.
  private var logs: String { "\(writer.state)/controllers" }
  private static let keptLogs = 20
  private static let nowhere = "/dev/null"

  /// Starts one and returns once `isAtWork` says so by what it reads; throws with the controller's
  /// own words when it ended before.
  public func start(
    _ arguments: [String], isAtWork: @Sendable () async -> Bool
  ) async throws(PortError) {
    let identity: ProcessIdentity
    let log = newLog()
    do throws(SystemError) {
      let command = ProcessCommand(
        HostFacts.executablePath(), ["controller", "--fleet", fleetPath] + arguments,
        environment: HostFacts.environment(Self.inherited), directory: "/")
      identity = try Processes.spawnDetached(command, outputPath: log)
    } catch { throw PortError(.failed, "the controller cannot be started: \(error)") }
    let time = SystemTime()
    let began = time.now()
    while true {
      if await isAtWork() { return }
      guard Processes.isRunning(identity) else {
        // It may have done all its work between two looks.
        if await isAtWork() { return }
        throw ended(saying: words(in: log), log)
      }
      guard time.now().milliseconds(since: began) ?? 0 < Self.startDeadline.wholeMilliseconds else {
        throw PortError(
          .unknown, "the controller, process \(identity.pid), has not said that it began",
          remedy: "See what it says:  tail \(log)")
      }
      do { try await time.sleep(for: Self.pollInterval) } catch {
        throw PortError(
          .unknown, "interrupted; the controller goes on",
          remedy: "See it:  sluice status --watch")
      }
    }
  }

  /// Its name sorts by time. Where a full disk has no room for one, what it says is lost.
  private func newLog() -> String {
    do throws(SystemError) {
      try Files.makePrivateDirectory(logs)
      for name in try Files.names(in: logs).sorted().dropLast(Self.keptLogs - 1) {
        try Files.removeFile("\(logs)/\(name)")
      }
      let stamp = Timestamp.text(SystemClock.wallMilliseconds())
      let path = "\(logs)/\(stamp)-\(Randomness.hexadecimal(bytes: 3)).log"
      try Files.create(path, with: [], mode: 0o600)
      return path
    } catch { return Self.nowhere }
  }

  private func ended(saying words: String, _ log: String) -> PortError {
    let lines = words.split(separator: "\n").map(String.init)
    guard let first = lines.first else {
      guard log != Self.nowhere else {
        return PortError(
          .failed, "the controller ended, and there was no room for what it said in \(logs)",
          remedy: "Free 2 MB or more on that disk, then:  sluice resume")
      }
      return PortError(
        .failed, "the controller ended without a word", remedy: "Look at \(log).")
    }
    let prefix = "sluice: "
    let remedy = lines.dropFirst().joined(separator: "\n        ")
    return PortError(
      .refused, first.hasPrefix(prefix) ? String(first.dropFirst(prefix.count)) : first,
      remedy: remedy.isEmpty ? nil : remedy.trimmed)
  }

  private func words(in log: String) -> String {
    guard let bytes = try? Files.readEnd(of: log, limit: 4_096) else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Duration {
  var wholeMilliseconds: Int64 {
    components.seconds.multipliedClamped(by: 1_000)
      .addingClamped(components.attoseconds / 1_000_000_000_000_000)
  }
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
