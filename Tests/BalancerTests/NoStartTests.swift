import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

@Suite("An HAProxy that does not come up")
struct NoStartTests {
  /// Says that it is an HAProxy and that its configuration is good, and ends when it is started.
  private static let program = """
    #!/bin/sh
    case "$1" in
    -v) echo 'HAProxy version 2.8.3 2023/09/07' ;;
    -c) ;;
    *) echo '[ALERT]    (7) : cannot bind socket: no room left' >&2; exit 1 ;;
    esac

    """

  @Test("is told with the reason that it gave, and where it wrote the rest")
  func told() async throws {
    let directory = try TemporaryDirectory()
    let program = directory("haproxy")
    try Files.replace(program, with: Array(Self.program.utf8), mode: 0o700)
    try await Rig.prepared(change: { $0.program = program }) { rig in
      for start in [
        { _ = try await rig.balancer.ensureRunning() }, { try await rig.share(5, generation: 1) },
      ] as [() async throws -> Void] {
        let error = await #expect(throws: PortError.self) { try await start() }
        #expect(error?.kind == .failed)
        #expect(error?.message == "HAProxy did not start: cannot bind socket: no room left")
        #expect(error?.remedy == "It wrote the rest to \(rig.balancer.files.log).")
      }
    }
  }
}
