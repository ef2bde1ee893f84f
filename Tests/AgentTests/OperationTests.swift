import SluiceCore
import SluicePorts
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("An operation that has ended", .serialized)
struct OperationTests {
  @Test("a swing does not vouch for a process that came after the one that it proved")
  func anotherProcess() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      _ = try await client.order(.place(host.new), "p/1")
      let report = try await client.swung(host.swing(to: host.new), "p/2")
      #expect(try await client.swung(host.swing(to: host.new), "p/2") == report)

      await host.gateway.die()
      let silent = await portError { _ = try await client.order(host.swing(to: host.new), "p/2") }
      #expect(silent.kind == .unknown, "it may come back as it was")
      #expect(silent.message.contains("does not answer"))

      _ = await host.gateway.start()
      let other = await portError { _ = try await client.order(host.swing(to: host.new), "p/2") }
      #expect(other.kind == .failed)
      #expect(other.message.contains("another one serves"))
      // Under another id the new one is proven and warmed up.
      let warmUps = await host.gateway.warmUps
      let again = try await client.swung(host.swing(to: host.new), "p/3")
      #expect(again.after.bootID != report.after.bootID)
      #expect(await host.gateway.warmUps == warmUps + 1)
    }
  }

  @Test(
    "a swing that could not reach its gateway has ended: the writer does not ask for it again",
    arguments: [PortError.Kind.unreachable, .unknown])
  func unreachedGateway(_ kind: PortError.Kind) async throws {
    try await TestHost.withPlaced { host, client in
      await host.gateway.change { $0.warmUpFault = PortError(kind, "no answer within 10000 ms") }
      for _ in 0..<2 {
        let error = await portError { _ = try await client.order(host.swing(to: host.new), "p/1") }
        #expect(error.kind == .failed)
        #expect(error.message.contains("no answer within 10000 ms"))
      }
    }
  }

  @Test("a request that was under way for so long that a later one was begun is refused")
  func tooLate() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      _ = try await client.order(.place(host.new), "p/2")
      let back = try await client.swung(host.swing(to: host.old), "p/10")
      let error = await portError { _ = try await client.order(host.swing(to: host.new), "p/9") }
      #expect(error.kind == .refused)
      #expect(error.message.contains("came too late: p/10"))
      #expect(try await host.gateway.identity().bootID == back.after.bootID)
      // Asked again, what had begun answers; another promotion counts by itself.
      _ = try await client.order(.place(host.new), "p/2")
      _ = try await client.order(.place(host.new), "q/1")
    }
  }

  @Test("a writer that hears that an operation has ended may ask for the next at once")
  func lettingGo() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      _ = try await host.probe()
      // The agent looks at the gateway before it lets go of the host.
      await host.gateway.holdLooks(true)
      async let first = client.order(.place(host.new), "p/1")
      let isDone = try await eventually { try await client.state(of: "p/1") == .done }
      #expect(isDone)
      async let next = client.order(.place(host.old), "p/2")
      for _ in 0..<10 { #expect(try await client.state(of: "p/2") == nil) }
      await host.gateway.holdLooks(false)
      guard case .placed = try await first, case .placed = try await next else {
        Issue.record("not placed")
        return
      }
    }
  }
}

extension HostClient {
  fileprivate func state(of id: String) async throws(PortError) -> OperationRecord.State? {
    try await ask(.outcome(of: OperationID(rawValue: id)))?.state
  }
}
