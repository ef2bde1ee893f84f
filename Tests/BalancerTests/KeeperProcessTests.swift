import SluiceCore
import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceController
@testable import SluiceHAProxy

/// The keeper's own process, without HAProxy: when it goes on, and when it ends.
@Suite("When a keeper ends", .timeLimit(.minutes(1)))
struct KeeperProcessTests {
  private let directory: TemporaryDirectory
  private let files: HAProxyFiles
  private let board: KeeperBoard
  private let said = Said()
  private let ended = Said()

  /// The keeper's words, a line each.
  private final class Said: Sendable {
    private let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
    func say(_ line: String) { lines.withLock { $0.append(line) } }
  }

  init() throws {
    directory = try TemporaryDirectory()
    files = try HAProxyFiles(directory: directory("lb"))
    board = KeeperBoard(path: directory("keeper.json"))
  }

  private func writeFleet() throws {
    let hosts = [("mac-a", "canary", 1), ("mac-b", "stable", 2)].map { name, arm, port in
      """
        - name: \(name)
          arm: \(arm)
          socket: \(directory.path)/\(name).sock
          gateway: 127.0.0.1:\(port)
          probe: 127.0.0.1:\(port + 10)
          openclaw:
            cli: /bin/true
            token_file: \(directory.path)/token
            service: {systemd: {unit: openclaw}}
      """
    }
    let text = """
      fleet: test
      writer: {infra: \(directory("infra")), ledger: \(directory("l.jsonl")), state: \(directory("state"))}
      hosts:
      \(hosts.joined(separator: "\n"))
      balancer: {kind: managed, bind: "127.0.0.1:4", directory: \(directory("lb"))}
      ramp:
        - {share: 5%, hold: 1m}

      """
    try Files.create(directory("sluice.yaml"), with: Array(text.utf8), mode: 0o600)
    try Files.makePrivateDirectory(files.directory)
    // An operator stopped HAProxy: none is started here.
    try Files.create(files.stopped, with: [], mode: 0o600)
  }

  /// Runs the body beside a keeper.
  private func keeping(untilStopped: Bool, _ body: () async throws -> Void) async throws {
    let keeper = KeeperProcess(fleetPath: directory("sluice.yaml"), files: files)
    let client = HTTPClient()
    defer { client.shutdown() }
    let (said, ended, board) = (said, ended, board)
    let task = Task {
      await keeper.keep(untilStopped: untilStopped, client, board) { said.say($0) }
      ended.say("ended")
    }
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    task.cancel()
    await task.value
    try result.get()
  }

  @Test("one that was started for HAProxy ends once an operator stops that")
  func stopped() async throws {
    try writeFleet()
    try await keeping(untilStopped: true) {
      #expect(await eventually { ended.text == "ended" }, "\(said.text)")
    }
  }

  @Test("one that is a service waits for the next start")
  func service() async throws {
    try writeFleet()
    try await keeping(untilStopped: false) {
      #expect(await eventually { board.record.isStopped }, "\(said.text)")
      #expect(ended.text == "")
    }
  }

  @Test("of a fleet that was removed it ends, or as a service waits, and says why")
  func removed() async throws {
    for untilStopped in [true, false] {
      try await keeping(untilStopped: untilStopped) {
        #expect(await eventually { said.text.contains("the fleet was removed") })
        if untilStopped { #expect(await eventually { ended.text == "ended" }) }
      }
    }
  }
}
