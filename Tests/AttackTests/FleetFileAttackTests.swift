import SluiceCore
import SluiceController
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Fleet files that attack")
struct FleetFileAttackTests {
  private let home: TemporaryDirectory

  init() throws { home = try TemporaryDirectory() }

  private static let base = """
    fleet: test
    writer: {infra: /i, ledger: /l/p.jsonl, state: /s}
    hosts:
      - {name: mac-a, arm: canary, gateway: "127.0.0.1:1", probe: "127.0.0.1:2", \
    openclaw: {cli: /bin/true, token_file: /t, service: {systemd: {unit: openclaw}}}}
      - {name: mac-b, gateway: "127.0.0.1:3", probe: "127.0.0.1:4", \
    openclaw: {cli: /bin/true, token_file: /t, service: {systemd: {unit: openclaw}}}}
    balancer: {kind: managed, bind: "127.0.0.1:5", directory: /h}
    ramp: standard

    """

  private func load(_ text: String) -> Result<Fleet, PortError> {
    do throws(PortError) {
      do throws(SystemError) {
        try Files.replace(home("sluice.yaml"), with: Array(text.utf8), durable: false)
      } catch { throw PortError(.failed, "\(error)") }
      return .success(try FleetLoader.load(home("sluice.yaml")))
    } catch { return .failure(error) }
  }

  @Test("the file that the attacks change is read")
  func control() { #expect((try? load(Self.base).get())?.hosts.count == 2) }

  @Test(
    "is refused with its line, reads nothing and repeats nothing of it",
    arguments: [
      ("infra: /i", "infra: ../outside"), ("infra: /i", "infra: /i/../../outside"),
      ("infra: /i", "infra: \"~/outside\""), ("infra: /i", "infra: \"/i\\0/x\""),
      ("state: /s", "state: outside"), ("token_file: /t", "token_file: ../outside/secret.txt"),
      ("name: mac-b", "name: ../mac-b"), ("name: mac-b", "name: MAC-A"),
      ("name: mac-b", "name: mac-a"), ("name: mac-b", "name: \"mac\\u0301-b\""),
      ("fleet: test", "fleet: !include ../outside/secret.txt"),
      ("fleet: test", "fleet: !!python/object/apply:os.system [id]"),
      ("fleet: test", "fleet: &a test\nother: *a"), ("fleet: test", "fleet: test\n<<: {x: y}"),
      ("fleet: test", "fleet: test\nfleet: other"), ("fleet: test", "%YAML 1.1\n---\nfleet: test"),
      ("ramp: standard", "ramp: standard\n---\nfleet: other"),
      ("ramp: standard", "ramp: " + String(repeating: "[", count: 9_000)),
      ("ramp: standard", "ramp: [{share: 5%, hold: 1m, tenants: [../acme]}]"),
      ("directory: /h", "directory: ../outside"),
    ])
  func texts(_ old: String, _ new: String) async throws {
    let decoys = try await Decoys(in: home("outside"))
    let text = Self.base.replacing(old, with: new, maxReplacements: 1)
    #expect(text != Self.base)
    switch load(text) {
    case .success: Issue.record("it was read")
    case .failure(let error):
      #expect(error.kind == .refused && error.message.contains("sluice.yaml:"), "\(error)")
      #expect(!"\(error)".contains(Decoys.word))
    }
    try await decoys.requireUntouched("\(new.prefix(60))")
  }

  @Test("a fleet file that is a link, a pipe or too large is not read", arguments: 0..<3)
  func places(_ number: Int) async throws {
    let decoys = try await Decoys(in: home("outside"))
    let path = home("fleet.yaml")
    switch number {
    case 0: try Files.makeLink(path, to: "\(decoys.directory)/broken.yaml")
    case 1:
      let made = try await Processes.run(ProcessCommand(try requireTool("mkfifo"), [path]))
      try #require(made.succeeded)
    default:
      try Files.replace(path, with: [UInt8](repeating: 0x23, count: 2 << 20), durable: false)
    }
    do throws(PortError) {
      _ = try FleetLoader.load(path)
      Issue.record("it was read")
    } catch { #expect(!"\(error)".contains(Decoys.word)) }
    try await decoys.requireUntouched("place \(number)")
  }
}
