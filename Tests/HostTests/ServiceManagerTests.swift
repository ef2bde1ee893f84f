import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Services that really run", .serialized)
struct ServiceManagerTests {
  private let home: TemporaryDirectory

  init() throws { home = try TemporaryDirectory() }

  private func manager(_ script: String = "exec sleep 600") -> ProcessServiceManager {
    ProcessServiceManager(
      command: ProcessCommand("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"]),
      log: home("log"), record: home("record"))
  }

  /// Polls for at most ten seconds until a condition holds.
  private func eventually(_ condition: () throws -> Bool) async throws {
    for _ in 0..<500 {
      if try condition() { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("it did not come about in ten seconds")
  }

  private func isRunning(_ pid: Int32?) -> Bool {
    pid.flatMap { Processes.identity(of: $0) } != nil
  }

  @Test("Start, start again, restart, stop: one process at every time")
  func life() async throws {
    let manager = manager("echo up; exec sleep 600")
    #expect(try await manager.status().pid == nil)
    let first = try await manager.start()
    #expect(isRunning(first.pid))
    #expect(try await manager.start() == first)
    let second = try await manager.restart(deadline: .seconds(5))
    #expect(second.pid != first.pid)
    #expect(!isRunning(first.pid) && isRunning(second.pid))
    #expect(try await manager.status().pid == second.pid)
    try await eventually { try Files.readText(home("log")) == "up\nup\n" }
    #expect(try await manager.stop(deadline: .seconds(5)).pid == nil)
    #expect(!isRunning(second.pid))
    #expect(try await manager.stop(deadline: .seconds(5)).pid == nil)
  }

  @Test("Another manager adopts what runs by the record, and restarts it")
  func adopts() async throws {
    let first = try await manager().start()
    let later = manager()
    #expect(try await later.status().pid == first.pid)
    #expect(try await later.start().pid == first.pid)
    _ = try await later.restart(deadline: .seconds(5))
    #expect(!isRunning(first.pid))
    _ = try await later.stop(deadline: .seconds(5))
  }

  @Test("A process that ended by itself is started again")
  func ended() async throws {
    let manager = manager("exit 3")
    let first = try await manager.start()
    try await eventually { !isRunning(first.pid) }
    #expect(try await manager.status().pid == nil)
    #expect(try await manager.start().pid != nil)
    _ = try await manager.stop(deadline: .seconds(5))
  }

  @Test("A process that ignores SIGTERM is killed at the deadline, with what it started")
  func stubborn() async throws {
    let script = "trap '' TERM; sleep 600 & echo $!; while :; do sleep 0.1; done"
    let manager = manager(script)
    let first = try await manager.start()
    try await eventually { try Files.readText(home("log")).hasSuffix("\n") }
    let child = Int32(try Files.readText(home("log")).dropLast())
    #expect(isRunning(child))
    let second = try await manager.restart(deadline: .milliseconds(300))
    #expect(!isRunning(first.pid) && isRunning(second.pid))
    try await eventually { !isRunning(child) }
    _ = try await manager.stop(deadline: .milliseconds(300))
  }

  @Test("A start that was cut short is not repeated blindly; after a reboot it is nothing")
  func cutShort() async throws {
    let boot = SystemClock.bootIdentifier()
    let record = "{\"boot\":\"\(boot)\",\"schema\":\"sluice.process/1\"}"
    try Files.replace(home("record"), with: Array(record.utf8))
    let error = await portError { _ = try await manager().start() }
    #expect(error.kind == .refused && error.message.contains("cut short"))
    #expect(error.remedy?.contains(home("record")) == true)

    let older = "{\"boot\":\"another\",\"schema\":\"sluice.process/1\"}"
    try Files.replace(home("record"), with: Array(older.utf8))
    #expect(isRunning(try await manager().start().pid))
    _ = try await manager().stop(deadline: .seconds(5))
  }

  @Test("A record whose pid belongs to another process by now touches nobody")
  func reusedPid() async throws {
    let bystander = try Processes.spawnDetached(
      ProcessCommand("/bin/sleep", ["600"]), outputPath: home("bystander"))
    let boot = SystemClock.bootIdentifier()
    let process = "{\"pid\":\(bystander.pid),\"startToken\":\"1\",\"startedMilliseconds\":1}"
    let record = "{\"boot\":\"\(boot)\",\"process\":\(process),\"schema\":\"sluice.process/1\"}"
    try Files.replace(home("record"), with: Array(record.utf8))
    let manager = manager()
    #expect(try await manager.status().pid == nil)
    _ = try await manager.restart(deadline: .seconds(5))
    #expect(Processes.isRunning(bystander))
    _ = try await manager.stop(deadline: .seconds(5))
    try Processes.signal(bystander, 9)
  }

  @Test("Two that restart at once: one does, one is refused, one process runs")
  func contention() async throws {
    let script = "trap 'sleep 1; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    let one = manager(script)
    let two = manager(script)
    _ = try await one.start()
    try await eventually { try Files.readText(home("log")) == "up\n" }
    async let first = refusal(of: one)
    async let second = refusal(of: two)
    let refused = [await first, await second].compactMap(\.self)
    #expect(refused.map(\.kind) == [.refused])
    try await eventually { try Files.readText(home("log")) == "up\nup\n" }
    _ = try await two.stop(deadline: .seconds(5))
  }

  private func refusal(of manager: ProcessServiceManager) async -> PortError? {
    do {
      _ = try await manager.restart(deadline: .seconds(5))
      return nil
    } catch { return error }
  }

  @Test("A program that is not there leaves no record behind")
  func missingProgram() async throws {
    let manager = ProcessServiceManager(
      command: ProcessCommand("/nowhere/gateway"), log: home("log"), record: home("record"))
    let error = await portError { _ = try await manager.start() }
    #expect(error.message.contains("/nowhere/gateway"))
    #expect(try await manager.status().pid == nil)
    #expect(try Files.status(of: home("record")) == nil)
  }

  /// A launchctl that keeps its job's pid in a file and runs real processes.
  private func fakeLaunchctl() throws -> String {
    let script = """
      #!/bin/sh
      state=\(home("pid"))
      alive() { [ -s "$state" ] && kill -0 "$(cat "$state")" 2>/dev/null; }
      case "$1" in
      print)
        [ -e \(home("loaded")) ] || { echo 'Could not find service "x"' >&2; exit 113; }
        echo 'system/x = {'
        if alive; then printf '\\tstate = running\\n\\tpid = %s\\n' "$(cat "$state")"
        else printf '\\tstate = not running\\n'; fi
        echo '}' ;;
      kickstart)
        alive && [ "$2" = -kp ] && kill -9 "$(cat "$state")"
        sleep 600 >/dev/null 2>&1 & echo $! >"$state"
        echo "$*" >>\(home("calls"))
        echo "service spawned with pid: $!" ;;
      kill) kill "$(cat "$state")" ;;
      bootout)
        echo "$*" >>\(home("calls"))
        rm -f \(home("loaded")); alive && kill "$(cat "$state")" ;;
      bootstrap)
        [ -e \(home("loaded")) ] && { echo 'already' >&2; exit 130; }
        echo "$*" >>\(home("calls"))
        touch \(home("loaded")) ;;
      esac
      """
    try Files.replace(home("launchctl"), with: Array(script.utf8), mode: 0o755)
    return home("launchctl")
  }

  @Test("launchd: one kick a restart, proven by what print says")
  func launchd() async throws {
    let manager = LaunchdServiceManager(
      domain: "system", label: "x", time: WallTime(), program: try fakeLaunchctl())
    let absent = await portError { _ = try await manager.status() }
    #expect(absent.kind == .refused && absent.remedy?.contains("bootstrap system") == true)

    try Files.replace(home("loaded"), with: [])
    #expect(try await manager.status().pid == nil)
    let first = try await manager.start()
    #expect(isRunning(first.pid) && first.startedAtMilliseconds != nil)
    #expect(try await manager.start().pid == first.pid)
    let second = try await manager.restart(deadline: .seconds(5))
    #expect(second.pid != first.pid && isRunning(second.pid) && !isRunning(first.pid))
    #expect(
      try Files.readText(home("calls")) == "kickstart -p system/x\nkickstart -kp system/x\n")
    #expect(try await manager.stop(deadline: .seconds(5)).pid == nil)
  }

  @Test(
    "launchd: with its property list a job is taken out to be stopped, and put in to be started")
  func launchdWithPropertyList() async throws {
    let manager = LaunchdServiceManager(
      domain: "system", label: "x", plist: "/L/x.plist", time: WallTime(),
      program: try fakeLaunchctl())
    // Not loaded: stopped, as far as it can be started again.
    #expect(try await manager.status().pid == nil)
    let first = try await manager.start()
    #expect(isRunning(first.pid))
    #expect(try await manager.stop(deadline: .seconds(5)).pid == nil)
    // The job has gone when `print` does not know it; its process was sent SIGTERM.
    try await eventually { !isRunning(first.pid) }
    #expect(try await manager.stop(deadline: .seconds(5)).pid == nil)
    let second = try await manager.restart(deadline: .seconds(5))
    #expect(isRunning(second.pid))
    _ = try await manager.stop(deadline: .seconds(5))
    let calls = try Files.readText(home("calls")).split(separator: "\n")
    #expect(
      calls == [
        "bootstrap system /L/x.plist", "kickstart -p system/x", "bootout system/x",
        "bootout system/x", "bootstrap system /L/x.plist", "kickstart -p system/x",
        "bootout system/x",
      ])
  }

  @Test(
    "systemd: a job that does not end by its deadline has the old process killed, and only then")
  func systemdHangs() async throws {
    let script = """
      #!/bin/sh
      echo "$1" >>\(home("calls"))
      state=\(home("pid"))
      case "$1" in
      show) printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nMainPID=%s\\n' "$(cat "$state")" ;;
      restart) [ -e \(home("quick")) ] && echo 13 >"$state" || exec sleep 600 ;;
      kill) echo 12 >"$state" ;;
      esac
      """
    try Files.replace(home("systemctl"), with: Array(script.utf8), mode: 0o755)
    try Files.replace(home("pid"), with: Array("11\n".utf8))
    let manager = SystemdServiceManager(
      unit: "x.service", time: InstantTime(), program: home("systemctl"))
    #expect(try await manager.restart(deadline: .milliseconds(300)).pid == 12)
    #expect(try Files.readText(home("calls")) == "show\nrestart\nkill\nshow\n")
    try Files.replace(home("quick"), with: [])
    try Files.removeFile(home("calls"))
    #expect(try await manager.restart(deadline: .seconds(60)).pid == 13)
    #expect(try Files.readText(home("calls")) == "show\nrestart\nshow\n")
  }

  @Test("systemd: a restart is believed when another MainPID shows")
  func systemd() async throws {
    let script = """
      #!/bin/sh
      state=\(home("pid"))
      case "$1" in
      show)
        if [ -s "$state" ]; then set -- active running "$(cat "$state")"
        else set -- inactive dead 0; fi
        printf 'LoadState=loaded\\nActiveState=%s\\nSubState=%s\\nMainPID=%s\\n' "$1" "$2" "$3" ;;
      start) echo 11 >"$state" ;;
      restart) [ -e \(home("broken")) ] && { echo 'Job failed.' >&2; exit 1; }; echo 12 >"$state" ;;
      stop) rm -f "$state" ;;
      esac
      """
    try Files.replace(home("systemctl"), with: Array(script.utf8), mode: 0o755)
    let manager = SystemdServiceManager(
      unit: "x.service", time: InstantTime(), program: home("systemctl"))
    #expect(try await manager.status().pid == nil)
    #expect(try await manager.start().pid == 11)
    try Files.replace(home("broken"), with: [])
    let error = await portError { _ = try await manager.restart(deadline: .seconds(5)) }
    #expect(error.kind == .unknown && error.message.contains("Job failed."))
    try Files.removeFile(home("broken"))
    #expect(try await manager.restart(deadline: .seconds(5)).pid == 12)
    #expect(try await manager.stop(deadline: .seconds(5)).pid == nil)
  }
}
