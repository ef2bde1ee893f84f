import CSluiceSystem
import Synchronization

/// Programs of the operating system.
public enum Processes {
  /// Runs a program to its end. A deadline or a cancelled task ends its whole process group.
  ///
  /// - Parameter watch: ends the group as well once the program has answered and is silent.
  public static func run(
    _ command: ProcessCommand, until watch: AnswerWatch? = nil
  ) async throws(SystemError) -> ProcessOutcome {
    let cancel = try CancelPipe()
    let result: Result<ProcessOutcome, SystemError> = await withTaskCancellationHandler {
      do throws(SystemError) {
        return .success(
          try await BlockingThread.result { () throws(SystemError) in
            try ChildRun.perform(command, until: watch, cancel: cancel.read)
          })
      } catch {
        return .failure(error)
      }
    } onCancel: {
      cancel.fire()
    }
    return try result.get()
  }

  /// Starts a program in a session of its own, which outlives the caller. Its output is appended to
  /// a file; when it ends before the caller it leaves no zombie.
  public static func spawnDetached(_ command: ProcessCommand, outputPath: String)
    throws(SystemError) -> ProcessIdentity
  {
    let input = try Descriptor("/dev/null", O_RDONLY)
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW
    let output = try Descriptor(outputPath, flags, mode: 0o600)
    // A log may hold what people said: an older one that the group may read is closed to it. One of
    // another user's (/dev/null) stays as it is.
    let status = try FileStatus(of: output.raw, path: outputPath)
    if status.kind == .regular, status.mode & 0o077 != 0, status.owner == geteuid() {
      try check("fchmod", outputPath) { fchmod(output.raw, 0o600) }
    }
    let pid = try Spawn.start(
      command, input: input.raw, output: output.raw, error: output.raw, newSession: true)
    let found = identity(of: pid)
    BlockingThread.start {
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }
    // A program that ended at once was here all the same; its number is not used again so soon.
    return found
      ?? ProcessIdentity(
        pid: pid, startToken: "ended", startedMilliseconds: SystemClock.wallMilliseconds())
  }

  /// Whether the process ended within the deadline; false also when the task is cancelled first.
  public static func waitForExit(_ identity: ProcessIdentity, deadline: Duration) async -> Bool {
    guard isRunning(identity) else { return true }
    guard let cancel = try? CancelPipe() else { return false }
    return await withTaskCancellationHandler {
      let ended = try? await BlockingThread.result {
        awaitExit(identity, deadline: deadline, cancel: cancel.read)
      }
      return ended ?? !isRunning(identity)
    } onCancel: {
      cancel.fire()
    }
  }

  /// - Parameter cancel: a descriptor that becomes readable to end the wait; -1: none.
  static func awaitExit(
    _ identity: ProcessIdentity, deadline: Duration, cancel: Int32
  ) -> Bool {
    let began = SystemClock.monotonicMilliseconds()
    let limit = deadline.wholeMilliseconds
    let pidfd = sluice_pidfd_open(identity.pid)
    defer { if pidfd >= 0 { SystemCalls.close(pidfd) } }
    while isRunning(identity) {
      let left = limit - (SystemClock.monotonicMilliseconds() - began)
      if left <= 0 { return false }
      var entries = [
        pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0),
        pollfd(fd: cancel, events: Int16(POLLIN), revents: 0),
      ]
      poll(&entries, 2, Int32(min(left, pidfd >= 0 ? 1_000 : 20)))
      if entries[1].revents != 0 { return !isRunning(identity) }
    }
    return true
  }

  /// Where programs lie that a service's PATH does not name.
  private static let furtherPlaces =
    "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/usr/local/sbin:/opt/homebrew/bin:"
    + "/opt/homebrew/sbin"

  /// The absolute path of the first program of this name that may be executed.
  ///
  /// - Parameter searchPath: Directories with `:` between them, only absolute ones count; nil for
  ///   `PATH` and then the usual directories of Linux, macOS and Homebrew.
  public static func find(_ name: String, in searchPath: String? = nil) -> String? {
    guard !name.isEmpty, !name.utf8.contains(0), !name.contains("/") else { return nil }
    let inherited = getenv("PATH").map { String(cString: $0) + ":" } ?? ""
    return (searchPath ?? inherited + furtherPlaces)
      .split(separator: ":")
      .filter { $0.hasPrefix("/") }
      .map { "\($0)/\(name)" }
      .first(where: isProgram)
  }

  private static func isProgram(_ path: String) -> Bool {
    var raw = stat()
    return stat(path, &raw) == 0 && FileStatus(raw).kind == .regular && access(path, X_OK) == 0
  }
}

/// A pipe that becomes readable when a task is cancelled.
private final class CancelPipe: Sendable {
  let read: Int32
  private let write: Int32

  init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    try check("pipe") { sluice_pipe(&ends) }
    read = ends[0]
    write = ends[1]
  }

  deinit {
    SystemCalls.close(read)
    SystemCalls.close(write)
  }

  func fire() { _ = [UInt8(1)].withUnsafeBytes { sluice_write(write, $0.baseAddress, 1) } }
}
