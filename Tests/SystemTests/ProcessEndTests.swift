import SluiceTestSupport
import Testing

@testable import SluiceSystem

@Suite("Processes that do not end as they should")
struct ProcessEndTests {
  let directory: TemporaryDirectory
  let environment = ["PATH": "/usr/bin:/bin"]

  init() throws { directory = try TemporaryDirectory() }

  private func shell(
    _ script: String, input: [UInt8] = [], deadline: Duration = .seconds(60),
    outputLimit: Int = 1 << 20
  ) -> ProcessCommand {
    ProcessCommand(
      "/bin/sh", ["-c", script], environment: environment, input: input, deadline: deadline,
      outputLimit: outputLimit)
  }

  private func grandchild() throws -> Int32 {
    let text = try Files.readText(directory("pid"))
    return try #require(Int32(text.split(separator: "\n")[0]))
  }

  @Test("a grandchild that ignores SIGTERM ends at the deadline, though its parent obeyed")
  func stubbornGrandchild() async throws {
    let script = """
      (trap '' TERM; echo started >&2; sleep 600 & echo $! > \(directory("pid.new"))
       mv \(directory("pid.new")) \(directory("pid")); wait; sleep 600) &
      while [ ! -e \(directory("pid")) ]; do sleep 0.01; done
      exec sleep 600
      """
    let outcome = try await Processes.run(shell(script, deadline: .seconds(2)))
    #expect(outcome.timedOut)
    #expect(!outcome.succeeded)
    #expect(outcome.termination == .signalled(SIGTERM))
    let pid = try grandchild()
    #expect(await eventually { Processes.identity(of: pid) == nil })
  }

  @Test("a program that writes without end is still ended at its deadline")
  func flood() async throws {
    let outcome = try await Processes.run(
      shell("yes & yes >&2 & exec yes", deadline: .milliseconds(300), outputLimit: 10))
    #expect(outcome.timedOut)
    #expect(outcome.outputTruncated)
    #expect(outcome.outputText == "y\ny\ny\ny\ny\n")
    #expect(outcome.errorText == "y\ny\ny\ny\ny\n")
  }

  @Test("megabytes go in and come out, on both streams, without either side waiting for ever")
  func largeStreams() async throws {
    let input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let outcome = try await Processes.run(
      shell("tee /dev/stderr", input: input, outputLimit: 4_000_000))
    #expect(outcome.standardOutput == input)
    #expect(outcome.standardError == input)
    #expect(!outcome.outputTruncated)
    #expect(outcome.succeeded)
  }

  @Test("a program that does not read its input is no error and raises no signal")
  func unreadInput() async throws {
    let outcome = try await Processes.run(
      shell("exec 0<&-; echo done", input: [UInt8](repeating: 0, count: 1 << 20)))
    #expect(outcome.succeeded)
    #expect(outcome.outputText == "done\n")
  }

  @Test("what a program left in the background is not waited for, and goes on")
  func background() async throws {
    let outcome = try await Processes.run(
      shell("sleep 600 & echo $! > \(directory("pid")); echo said"))
    #expect(outcome.succeeded)
    #expect(outcome.outputText == "said\n")
    let left = try #require(Processes.identity(of: try grandchild()))
    try Processes.signal(left, SIGKILL)
    #expect(await Processes.waitForExit(left, deadline: .seconds(60)))
  }

  @Test("the environment is exactly the one given")
  func exactEnvironment() async throws {
    let env = try requireTool("env")
    let none = try await Processes.run(ProcessCommand(env))
    #expect(none.outputText == "")
    let two = try await Processes.run(
      ProcessCommand(env, environment: ["B": "2 3", "A": "", "C": "=\n"]))
    #expect(two.outputText == "A=\nB=2 3\nC==\n\n")
  }

  @Test("a program by a relative path, and a word with a zero byte, are refused")
  func refusedCommands() async {
    for command in [
      ProcessCommand("sh"), ProcessCommand(""), ProcessCommand("/bin/sh", ["a\0b"]),
      ProcessCommand("/bin/sh", environment: ["A": "\0"]),
    ] {
      await #expect(throws: SystemError.self) { try await Processes.run(command) }
    }
    let lost = ProcessCommand("/bin/sh", directory: directory("none"))
    await #expect(throws: SystemError.self) { try await Processes.run(lost) }
  }

  @Test("a cancelled wait ends, and so does one whose deadline passes")
  func cancelledWait() async throws {
    let child = try Processes.spawnDetached(
      ProcessCommand("/bin/sleep", ["600"]), outputPath: directory("log"))
    defer { try? Processes.signal(child, SIGKILL) }
    #expect(await Processes.waitForExit(child, deadline: .milliseconds(20)) == false)
    let wait = Task { await Processes.waitForExit(child, deadline: .seconds(1_000_000_000_000)) }
    wait.cancel()
    #expect(await wait.value == false)
    #expect(Processes.isRunning(child))
  }

  @Test("a detached program leads a session of its own, writes to its file and leaves no zombie")
  func detached() async throws {
    let log = directory("log")
    try Files.create(log, with: Array("before\n".utf8), mode: 0o600)
    let child = try Processes.spawnDetached(
      ProcessCommand(
        "/bin/sh", ["-c", "cat; ps -o sid= -p $$ >&2; echo $$"], environment: environment),
      outputPath: log)
    #expect(await Processes.waitForExit(child, deadline: .seconds(60)))
    #expect(!Processes.isRunning(child))
    let lines = try Files.readText(log).split(separator: "\n")
    #expect(lines.first == "before")
    #expect(lines.last.flatMap { Int32($0) } == child.pid)
    // The ps of macOS does not know sessions.
    if Platform.current == .linux {
      #expect(lines.count == 3)
      #expect(Int32(lines[1].filter { $0 != " " }) == child.pid)
    }
    // The number is free again only when nobody has to ask after the child any more.
    #expect(await eventually { kill(child.pid, 0) == -1 && errno == ESRCH })
  }

  @Test("a group is ended through its leader, grandchildren and all")
  func groupSignal() async throws {
    let child = try Processes.spawnDetached(
      shell(
        "sleep 600 & echo $! > \(directory("pid.new"))\nmv \(directory("pid.new")) "
          + "\(directory("pid")); wait"),
      outputPath: directory("log"))
    #expect(try await eventually { try Files.status(of: directory("pid")) != nil })
    let pid = try grandchild()
    #expect(Processes.identity(of: pid) != nil)
    try Processes.signal(child, SIGKILL, group: true)
    #expect(await Processes.waitForExit(child, deadline: .seconds(60)))
    #expect(await eventually { Processes.identity(of: pid) == nil })
  }

  @Test("a process of the same number that started at another time, or in another boot, is another")
  func reusedNumber() throws {
    let me = try #require(Processes.identity(of: getpid()))
    #expect(Processes.isRunning(me))
    let token = me.startToken
    for other in ["1" + token, token + "1", String(token.dropLast()), ""] {
      let forged = ProcessIdentity(
        pid: me.pid, startToken: other, startedMilliseconds: me.startedMilliseconds)
      #expect(forged != me)
      #expect(!Processes.isRunning(forged))
      let error = SystemError("kill", code: ESRCH, path: "process \(me.pid)")
      #expect(throws: error) { try Processes.signal(forged, SIGTERM) }
      #expect(throws: error) { try Processes.signal(forged, SIGTERM, group: true) }
    }
    #expect(Processes.identity(of: 0) == nil)
    #expect(Processes.identity(of: -1) == nil)
  }

  @Test(
    "a program's name in /proc may hold anything, and does not shift the fields behind it",
    .enabled(if: onLinux)
  )
  func statLine() throws {
    let fields = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21"
    for name in ["sh", "a b", ") Z 1 (", "((", "\n"] {
      let line = try #require(ProcessStatLine("42 (\(name)) S \(fields)\n"))
      #expect(line.startTicks == 4711)
      #expect(line.state == "S")
      #expect(!line.hasEnded)
    }
    #expect(ProcessStatLine("42 (sh) Z \(fields)")?.hasEnded == true)
    for text in ["", "42 sh S 1", "42 (sh) S 1 2 3", "42 (sh) \(fields)"] {
      #expect(ProcessStatLine(text) == nil)
    }
  }

  @Test("a process has the rights of its effective user, which is not always who started it")
  func effectiveUser() {
    #expect(Processes.user(inStatus: "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n") == 2)
    for text in ["", "Name:\tUid:\n", "Uid:\t1\n", "Uid:\t1\t2\t3\n", "Uid:\t1\tx\t3\t4\n"] {
      #expect(Processes.user(inStatus: text) == nil)
    }
    #expect(Processes.user(of: 0) == nil && Processes.user(of: -1) == nil)
  }

  @Test("a zombie counts as no process", .enabled(if: onLinux))
  func zombie() async throws {
    // The shell's child ends and is never asked after, as its parent became another program.
    let parent = try Processes.spawnDetached(
      // The process ends once nobody is there to wait for it: a shell might.
      shell(
        "sh -c 'until grep -q sleep /proc/'$$'/comm; do :; done' & "
          + "echo $! > \(directory("pid.new")); mv \(directory("pid.new")) \(directory("pid")); "
          + "exec sleep 600"),
      outputPath: directory("log"))
    defer { try? Processes.signal(parent, SIGKILL) }
    let isZombie = await eventually {
      guard let pid = try? grandchild(),
        let text = try? Files.readText("/proc/\(pid)/stat")
      else { return false }
      return ProcessStatLine(text)?.state == "Z"
    }
    try #require(isZombie)
    #expect(Processes.identity(of: try grandchild()) == nil)
  }

  @Test(
    "a program is found by PATH, then in the usual places; directories and plain files are none")
  func find() throws {
    try Files.makeDirectory(directory("one/tool"))
    try Files.makeDirectory(directory("two"))
    try Files.create(directory("two/tool"), with: [], mode: 0o644)
    try Files.makeDirectory(directory("three"))
    try Files.create(directory("three/tool"), with: [], mode: 0o755)
    let path = ["relative", "", directory("one"), directory("two"), directory("three")]
      .joined(separator: ":")
    #expect(Processes.find("tool", in: path) == directory("three/tool"))
    #expect(Processes.find("tool", in: directory("two")) == nil)
    #expect(Processes.find("sh") != nil)
    for name in ["", "../sh", "/bin/sh", "sh\0", "no-such-program-anywhere"] {
      #expect(Processes.find(name) == nil)
    }
    #expect(throws: MissingTool.self) { try requireTool("no-such-program-anywhere") }
  }
}
