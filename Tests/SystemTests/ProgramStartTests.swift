import SluiceTestSupport
import Testing

@testable import SluiceSystem

@Suite("What a program does before anything else")
struct ProgramStartTests {
  @Test("it has descriptors for a few hundred clients, where it may")
  func descriptors() async throws {
    await #expect(processExitsWith: .success) {
      guard let bounds = ResourceLimit.openFiles.bounds else { exit(3) }
      guard ResourceLimit.openFiles.set(.init(soft: 256, hard: bounds.hard)) else { exit(4) }
      ProgramStart.prepare()
      let wanted = min(ProgramStart.openFiles, bounds.hard)
      guard ResourceLimit.openFiles.bounds?.soft == wanted else { exit(5) }
      ResourceLimit.openFiles.raise(to: 100)
      exit(ResourceLimit.openFiles.bounds?.soft == wanted ? 0 : 6)
    }
  }

  @Test(
    "a write that nobody reads ends neither it nor what it started, and a child has the default")
  func brokenPipe() async throws {
    await #expect(processExitsWith: .success) {
      ProgramStart.prepare()
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { exit(3) }
      close(ends[0])
      // Plain write(2): what a library would do.
      guard write(ends[1], "x", 1) == -1, errno == EPIPE else { exit(4) }
      let child = try await Processes.run(ProcessCommand("/bin/sh", ["-c", "kill -PIPE $$"]))
      exit(child.termination == .signalled(SIGPIPE) ? 0 : 5)
    }
  }

  @Test("an address is answered while somebody listens there, on it or on every address")
  func answered() async throws {
    for host in ["127.0.0.1", "0.0.0.0"] {
      let listener = try SocketListener.listen(.tcp(host: host, port: 0))
      guard case .tcp(_, let port) = listener.address else { return }
      let address = try RawAddress.resolve("127.0.0.1", port: port)[0]
      #expect(address.withPointer { AnsweredAddress.isAnswered($0, $1) })
      listener.close()
      #expect(
        await eventually { !address.withPointer { AnsweredAddress.isAnswered($0, $1) } })
    }
  }

  @Test("a file system that cannot do a thing may say so by either number")
  func unsupported() {
    for code in [ENOTSUP, EOPNOTSUPP, EINVAL, ENOSYS] {
      #expect(SystemError("rename", code: code).isUnsupported)
    }
    #expect(!SystemError("rename", code: EIO).isUnsupported)
  }
}
