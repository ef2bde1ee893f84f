import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("A state without a configuration")
struct NoConfigurationTests {
  @Test("the configuration that the newer build made goes aside with its state, and not twice")
  func aside() async throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("claw"), mode: 0o700)
    try Files.makeDirectory(home("agent"), mode: 0o700)
    let store = DirectoryStateStore(
      path: home("claw"), record: home("agent/state-copies.json"), apart: [], time: InstantTime())
    let (forward, back) = (OperationID(rawValue: "p1/4"), OperationID(rawValue: "p1/5"))
    _ = try await store.copy(token: forward, extent: .whole)
    _ = try await store.use(of: forward)
    try Files.replace(home("claw/openclaw.json"), with: Array("newer".utf8), durable: false)
    _ = try await store.putBack(of: forward, token: back)
    #expect(try Files.names(in: home.path) == ["agent", "claw", "claw.newer-p1-5"])
    #expect(try Files.names(in: home("claw")) == [])
    #expect(try Files.readText(home("claw.newer-p1-5/openclaw.json")) == "newer")
  }
}
