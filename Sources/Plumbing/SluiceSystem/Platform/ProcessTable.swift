import CSluiceSystem

// Linux has /proc, macOS sysctl(3) and libproc.
extension Processes {
  /// The process that has this number now; nil without one (a zombie counts as none).
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

  /// Of Linux's `/proc/<pid>/status`: its line `Uid:` names the real user, the effective one, the saved
  /// one and that of the file system (proc(5)).
  static func user(inStatus text: String) -> UInt32? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Uid:") }) else {
      return nil
    }
    let fields = line.split(whereSeparator: \.isWhitespace)
    return fields.count == 5 ? UInt32(fields[2]) : nil
  }

  /// Whether the process is stopped (SIGSTOP, a debugger); nil where the system does not say.
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
}
