import CSluiceSystem
import Synchronization

/// Programs of the operating system.
public enum Processes {
  /// Runs a program to its end. A deadline or a cancelled task ends its whole process group.
  public static func run(_ command: ProcessCommand) async throws(SystemError) -> ProcessOutcome {
    var ends: [Int32] = [-1, -1]
    guard sluice_pipe(&ends) == 0 else { throw .last("pipe") }
    let cancel = CancelPipe(read: ends[0], write: ends[1])
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isStarted = BlockingThread.start {
          do throws(SystemError) {
            continuation.resume(
              returning: Result<ProcessOutcome, SystemError>.success(
                try ChildRun.perform(command, cancel: cancel.read)))
          } catch { continuation.resume(returning: .failure(error)) }
        }
        if !isStarted {
          continuation.resume(
            returning: .failure(SystemError("pthread_create", code: EAGAIN, path: nil)))
        }
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
    let input = try Descriptor.open("/dev/null", O_RDONLY)
    defer { Glue.close(input) }
    let output = try Descriptor.open(outputPath, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640)
    defer { Glue.close(output) }
    let pid = try Spawn.start(
      command, input: input, output: output, error: output, newSession: true)
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

  /// Nil when there is no such process; one that has ended and was not waited for is none.
  public static func identity(of pid: Int32) -> ProcessIdentity? {
    #if os(macOS)
      var started: Int64 = 0
      guard sluice_process_start(pid, &started) == 0 else { return nil }
      return ProcessIdentity(
        pid: pid, startToken: String(started), startedMilliseconds: started / 1_000)
    #else
      guard let text = try? Files.readText("/proc/\(pid)/stat", limit: 4_096),
        let (state, ticks) = processStat(text), state != "Z", state != "X"
      else { return nil }
      let perSecond = Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
      let age = SystemClock.monotonicMilliseconds() - ticks * 1_000 / perSecond
      return ProcessIdentity(
        pid: pid, startToken: String(ticks),
        startedMilliseconds: SystemClock.wallMilliseconds() - age)
    #endif
  }

  /// State and start time (clock ticks since boot) of a `/proc/PID/stat` line; the program's name
  /// in it may hold anything, so it is read from the last parenthesis on (`proc(5)`).
  static func processStat(_ text: String) -> (state: String, ticks: Int64)? {
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let ticks = Int64(fields[19]) else { return nil }
    return (String(fields[0]), ticks)
  }

  public static func isRunning(_ identity: ProcessIdentity) -> Bool {
    self.identity(of: identity.pid) == identity
  }

  /// `ESRCH` when the process has ended, also when another one has its number now.
  public static func signal(_ identity: ProcessIdentity, _ number: Int32, group: Bool = false)
    throws(SystemError)
  {
    guard isRunning(identity) else {
      throw SystemError("kill", code: ESRCH, path: String(identity.pid))
    }
    if Glue.kill(group ? -identity.pid : identity.pid, number) != 0 {
      throw .last("kill", String(identity.pid))
    }
  }

  /// Whether the process ended within the deadline.
  public static func waitForExit(_ identity: ProcessIdentity, deadline: Duration) async -> Bool {
    await withCheckedContinuation { continuation in
      let isStarted = BlockingThread.start {
        continuation.resume(returning: awaitExit(identity, deadline: deadline))
      }
      if !isStarted { continuation.resume(returning: !isRunning(identity)) }
    }
  }

  private static func awaitExit(_ identity: ProcessIdentity, deadline: Duration) -> Bool {
    let end = SystemClock.monotonicMilliseconds() + ChildRun.milliseconds(deadline)
    let pidfd = sluice_pidfd_open(identity.pid)
    defer { if pidfd >= 0 { Glue.close(pidfd) } }
    while isRunning(identity) {
      let left = end - SystemClock.monotonicMilliseconds()
      if left <= 0 { return false }
      var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
      poll(&entry, 1, Int32(min(left, pidfd >= 0 ? 1_000 : 20)))
    }
    return true
  }

  /// The absolute path of a program, by a search path or by the usual directories.
  public static func find(_ name: String, in searchPath: String? = nil) -> String? {
    let path =
      searchPath
      ?? "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/usr/local/sbin:/opt/homebrew/bin:"
      + "/opt/homebrew/sbin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}

/// A pipe that becomes readable when a task is cancelled.
private final class CancelPipe: Sendable {
  let read: Int32
  private let write: Int32

  init(read: Int32, write: Int32) {
    self.read = read
    self.write = write
  }

  deinit {
    Glue.close(read)
    Glue.close(write)
  }

  func fire() { _ = [UInt8(1)].withUnsafeBytes { sluice_write(write, $0.baseAddress, 1) } }
}
