import SluiceCore
import SluicePorts
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("A swing that comes to an end early", .serialized)
struct RefusedSwingTests {
  @Test("a sound slice that is not the lock's is told with both trees, and nothing is moved")
  func otherTree() async throws {
    try await TestHost.withPlaced { host, client in
      var release = host.new
      release.lock.skills.tree = .zero
      let error = await portError { _ = try await client.order(host.swing(to: release), "p/1") }
      #expect(error.kind == .refused)
      #expect(
        error.message == "openclaw.lock says skills 1.4.2 \(Digest.zero.short), the tree on mac-a "
          + "hashes to \(host.new.lock.skills.tree.short)")
      #expect(error.remedy == "Nothing was moved on mac-a. See how it is:  sluice probe mac-a")
      #expect(await host.gateway.drains == 0)
      let survey = try await client.survey()
      #expect(survey.links.current == "1.4.1")
    }
  }

  @Test("a slice that is not there is told with what to do, once")
  func noSlice() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      let error = await portError { _ = try await client.order(host.swing(to: host.new), "p/1") }
      #expect(error.kind == .refused)
      #expect(error.message.hasPrefix("slice 1.4.2 cannot serve on mac-a: "))
      #expect(error.remedy?.hasPrefix("Nothing was moved on mac-a. ") == true)
      #expect(error.remedy?.split(separator: "Nothing was moved").count == 1)
    }
  }

  @Test(
    "a restart that is refused ends the swing at once, in the words of who refused it",
    arguments: [SwingPolicy.RestartBy.gateway, .service])
  func restartRefused(by: SwingPolicy.RestartBy) async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.restartFault = PortError(.refused, "restarts are off") }
      let error = await portError {
        _ = try await client.order(
          host.swing(to: host.new) {
            $0.restartBy = by
            $0.startMilliseconds = 1_000
          }, "p/1")
      }
      #expect(error.kind == .failed && error.message.contains("restarts are off"), "\(error)")
      #expect(error.message.contains("restart asked of the \(by.rawValue)"))
      #expect(!error.message.contains("was not ready"), "\(error)")
    }
  }

  @Test("during the rollback a sound slice is left as it is, and nothing is said of it")
  func soundSlice() async throws {
    try await TestHost.withPlaced { host, client in
      let forward = try await client.swung(host.swing(to: host.new), "p/1")
      let back = try await client.swung(host.swing(to: host.old), "p/2")
      #expect(forward.notes == nil && back.notes == nil)
      #expect(back.after.marker == host.old.marker)
    }
  }
}
