import CSluiceSystem

/// The fields of the kernel's `/proc/<pid>/stat` that matter here.
struct ProcessStatLine: Equatable {
  /// `R`, `S`, `Z`, …
  let state: Character
  /// Ticks between the boot and the process's start.
  let startTicks: UInt64

  /// The second field is the program's name in parentheses, and may itself hold blanks and
  /// parentheses: fields are counted from the last one (proc(5)).
  init?(_ text: String) {
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    // Field 3 is the first after the name; the start is field 22.
    guard fields.count > 19, let state = fields[0].first, state.isLetter, fields[0].count == 1,
      let ticks = UInt64(fields[19])
    else { return nil }
    self.state = state
    startTicks = ticks
  }

  /// When it started, after the boot.
  func millisecondsSinceBoot(ticksPerSecond: Int64) -> Int64 {
    Int64(min(startTicks, UInt64(Int64.max / 2_000))) * 1000 / ticksPerSecond
  }

  /// Ended, though its parent has not asked after it yet.
  var hasEnded: Bool { state == "Z" || state == "X" || state == "x" }
}

extension Processes {
  /// Ends a process and every other process of the group that it leads: SIGTERM, and SIGKILL for
  /// what is left after `grace`, or at once when the task is cancelled.
  public static func endGroup(_ leader: ProcessIdentity, grace: Duration) async {
    let isAtOnce = Task.isCancelled
    // It may have ended by itself.
    if !isAtOnce { try? signal(leader, SIGTERM, group: true) }
    _ = await waitForExit(leader, deadline: isAtOnce ? .zero : grace)
    // A group keeps its number while it has members, so a number without a process is still the
    // group's own; a number with another process is not.
    let present = identity(of: leader.pid)
    guard leader.pid > 1, present == nil || present == leader else { return }
    _ = SystemCalls.kill(-leader.pid, SIGKILL)
    // Also in a cancelled task: what the group writes to is about to be removed.
    _ = try? await BlockingThread.result {
      let began = SystemClock.monotonicMilliseconds()
      while SystemCalls.kill(-leader.pid, 0) == 0,
        SystemClock.monotonicMilliseconds() - began < groupEndMilliseconds
      {
        _ = awaitExit(leader, deadline: .milliseconds(20), cancel: -1)
        poll(nil, 0, 20)
      }
    }
  }

  /// How long the members of a group may take to vanish after SIGKILL.
  private static let groupEndMilliseconds: Int64 = 5_000

  /// Whether this very process still runs.
  public static func isRunning(_ identity: ProcessIdentity) -> Bool {
    self.identity(of: identity.pid) == identity
  }

  /// Sends a signal to this very process, or with `group` to the process group that it leads.
  ///
  /// - Throws: ESRCH when the process has ended, even if its number is in use again.
  public static func signal(
    _ identity: ProcessIdentity, _ number: Int32, group: Bool = false
  ) throws(SystemError) {
    let subject = "process \(identity.pid)"
    // A handle taken before the identity is compared cannot come to mean another process.
    let handle = sluice_pidfd_open(identity.pid)
    defer { if handle != -1 { _ = close(handle) } }
    guard isRunning(identity) else {
      throw SystemError("kill", code: ESRCH, path: subject)
    }
    if !group, handle != -1 {
      try check("kill", subject) { sluice_pidfd_signal(handle, number) }
      return
    }
    do {
      try check("kill", subject) { kill(group ? -identity.pid : identity.pid, number) }
    } catch {
      // macOS returns EPERM for a group that holds only an ended leader.
      guard group, error.code == EPERM, !isRunning(identity) else { throw error }
      throw SystemError("kill", code: ESRCH, path: subject)
    }
  }
}
