import Foundation
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Processes")
struct ProcessTests {
  let shell = "/bin/sh"

  @Test("a program gets exactly its arguments, environment, directory and input")
  func run() async throws {
    let directory = try TemporaryDirectory()
    let script = "cat; printf '|%s|%s|' \"$1\" \"$PWD\"; env | sort; echo bad >&2; exit 7"
    let outcome = try await Processes.run(
      ProcessCommand(
        shell, ["-c", script, "sh", "a b'\"$(x)"],
        environment: ["PATH": "/usr/bin:/bin", "A": "1"],
        directory: directory.path, input: Array("in".utf8)))
    #expect(outcome.termination == .exited(7))
    #expect(!outcome.succeeded)
    #expect(outcome.outputText.hasPrefix("in|a b'\"$(x)|\(directory.path)|A=1\n"))
    #expect(!outcome.outputText.contains("HOME="))
    #expect(outcome.errorText == "bad\n")
  }

  @Test("a deadline ends the program and what it started, even if they ignore SIGTERM")
  func deadline() async throws {
    let directory = try TemporaryDirectory()
    let script =
      "trap '' TERM; (trap '' TERM; sleep 600 & echo $! > \(directory("pid")); wait) & wait"
    let outcome = try await Processes.run(
      ProcessCommand(
        shell, ["-c", script], environment: ["PATH": "/usr/bin:/bin"],
        deadline: .milliseconds(300)))
    #expect(outcome.timedOut)
    #expect(outcome.termination == .signalled(SIGKILL))
    let text = try Files.readText(directory("pid"))
    let grandchild = try #require(Int32(text.split(separator: "\n")[0]))
    let identity = Processes.identity(of: grandchild)
    if let identity {
      #expect(await Processes.waitForExit(identity, deadline: .seconds(5)))
    }
  }

  @Test("output beyond the limit is dropped and said so, and the program still ends")
  func outputLimit() async throws {
    let outcome = try await Processes.run(
      ProcessCommand(
        shell, ["-c", "head -c 5000000 /dev/zero"], environment: ["PATH": "/usr/bin:/bin"],
        outputLimit: 1_000))
    #expect(outcome.standardOutput.count == 1_000)
    #expect(outcome.outputTruncated)
    #expect(outcome.succeeded)
  }

  @Test("a cancelled task ends its program")
  func cancellation() async throws {
    let task = Task {
      try await Processes.run(
        ProcessCommand(shell, ["-c", "sleep 600"], environment: ["PATH": "/usr/bin:/bin"]))
    }
    task.cancel()
    let outcome = try await task.value
    #expect(outcome.termination == .signalled(SIGTERM))
  }

  @Test("many programs at once do not wait for each other's threads")
  func many() async throws {
    let counts = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<60 {
        group.addTask {
          try await Processes.run(
            ProcessCommand("/bin/sleep", ["0.3"])
          ).succeeded
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(counts == 60)
  }

  @Test("a program that is not there is an error that names it")
  func missing() async {
    await #expect(throws: SystemError("posix_spawn", code: ENOENT, path: "/none")) {
      try await Processes.run(ProcessCommand("/none"))
    }
  }

  @Test("a detached program outlives nobody by accident: it is known by number and start")
  func detached() async throws {
    let directory = try TemporaryDirectory()
    let identity = try Processes.spawnDetached(
      ProcessCommand(shell, ["-c", "echo up; exec sleep 600"], environment: ["PATH": "/bin"]),
      outputPath: directory("log"))
    #expect(Processes.isRunning(identity))
    let other = ProcessIdentity(pid: identity.pid, startToken: "1", startedMilliseconds: 0)
    #expect(!Processes.isRunning(other))
    #expect(throws: SystemError.self) { try Processes.signal(other, SIGTERM) }
    #expect(abs(identity.startedMilliseconds - SystemClock.wallMilliseconds()) < 60_000)
    try Processes.signal(identity, SIGTERM)
    #expect(await Processes.waitForExit(identity, deadline: .seconds(5)))
    #expect(!Processes.isRunning(identity))
  }

  @Test("addresses read as they are written")
  func addresses() {
    #expect(SocketAddress("127.0.0.1:80") == .tcp(host: "127.0.0.1", port: 80))
    #expect(SocketAddress("[::1]:80")?.description == "[::1]:80")
    #expect(SocketAddress("unix:/a") == .unix(path: "/a"))
    #expect(SocketAddress("/a") == .unix(path: "/a"))
    for text in ["", "80", ":80", "a:", "a:70000"] { #expect(SocketAddress(text) == nil) }
  }
}

@Suite("Ports")
struct PortTests {
  @Test("free ports are different ones")
  func free() throws {
    let ports = try PortFinder.freeLoopbackPorts(20)
    #expect(Set(ports).count == 20)
    #expect(ports.allSatisfy(PortFinder.range.contains))
  }
}
