import CSluiceSystem

/// What the kernel's `/proc/<pid>/stat` says that matters here.
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
  /// Who has this number now; nil when nobody has (a zombie counts as nobody).
  public static func identity(of pid: Int32) -> ProcessIdentity? {
    guard pid > 0 else { return nil }
    #if os(macOS)
      var start: Int64 = 0
      guard sluice_process_start(pid, &start) == 0 else { return nil }
      return ProcessIdentity(
        pid: pid, startToken: String(start), startedMilliseconds: start / 1000)
    #else
      guard let text = try? Files.readText("/proc/\(pid)/stat", limit: 4096),
        let line = ProcessStatLine(text), !line.hasEnded
      else { return nil }
      let ticksPerSecond = Int64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
      let sinceBoot = line.millisecondsSinceBoot(ticksPerSecond: ticksPerSecond)
      let boot = SystemClock.wallMilliseconds() - SystemClock.monotonicMilliseconds()
      return ProcessIdentity(
        pid: pid, startToken: "\(line.startTicks)@\(SystemClock.bootIdentifier())",
        startedMilliseconds: boot + sinceBoot)
    #endif
  }

  /// The user whose rights a process has; nil when there is none, or the system does not say.
  public static func user(of pid: Int32) -> UInt32? {
    guard pid > 0 else { return nil }
    #if os(macOS)
      var user: UInt32 = 0
      return sluice_process_user(pid, &user) == 0 ? user : nil
    #else
      // The owner of /proc/<pid> is root for a process that may not be traced.
      return (try? Files.readText("/proc/\(pid)/status", limit: 65_536)).flatMap(user(inStatus:))
    #endif
  }

  /// Of the kernel's `/proc/<pid>/status`: its line `Uid:` names the real user, the effective one, the
  /// saved one and that of the file system (proc(5)).
  static func user(inStatus text: String) -> UInt32? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Uid:") }) else {
      return nil
    }
    let fields = line.split(whereSeparator: \.isWhitespace)
    return fields.count == 5 ? UInt32(fields[2]) : nil
  }

  /// Whether this very process still runs.
  public static func isRunning(_ identity: ProcessIdentity) -> Bool {
    self.identity(of: identity.pid) == identity
  }

  /// Whether somebody stopped it (SIGSTOP, a debugger); nil where the system does not say.
  public static func isStopped(_ identity: ProcessIdentity) -> Bool? {
    #if os(Linux)
      guard isRunning(identity),
        let text = try? Files.readText("/proc/\(identity.pid)/stat", limit: 4096),
        let line = ProcessStatLine(text)
      else { return nil }
      return line.state == "T" || line.state == "t"
    #else
      return nil
    #endif
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
    } else {
      try check("kill", subject) { kill(group ? -identity.pid : identity.pid, number) }
    }
  }
}
