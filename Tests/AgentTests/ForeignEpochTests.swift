import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("An epoch that no ledger made", .serialized)
struct ForeignEpochTests {
  @Test(
    "is refused by name, and the true writer leads on",
    arguments: [Int64(9_007_199_254_740_991), 1_000_000_000, 8 + OperationState.longestStep])
  func jump(_ number: Int64) async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      _ = try await client.order(.place(host.new), "p/1", epoch: 7)
      let error = await portError {
        _ = try await client.order(.accept([]), "x/1", epoch: number)
      }
      #expect(error.kind == .refused)
      #expect(error.message.contains("epoch 7") && error.message.contains("\(number)"))
      #expect(error.remedy?.contains("--reset-epoch") == true)
      _ = try await client.order(.place(host.new), "p/2", epoch: 8)
      #expect(try await client.survey().epoch == Epoch(8))
    }
  }

  @Test("is refused on a host that has seen none, too, and an old ledger's is not")
  func first() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      let error = await portError {
        _ = try await client.order(.accept([]), "x/1", epoch: .max >> 11)
      }
      #expect(error.kind == .refused)
      _ = try await client.order(.place(host.new), "p/1", epoch: 40_000)
      _ = try await client.order(
        .place(host.new), "p/2", epoch: 40_000 + OperationState.longestStep)
    }
  }

  @Test(
    "the epoch that a host has seen is admitted again without a write, and so on a full disk, too")
  func again() async throws {
    let directory = try TemporaryDirectory()
    let state = try OperationState(directory: directory("state"), time: WallTime())
    func inode() throws -> UInt64? { try Files.status(of: directory("state/epoch.json"))?.inode }
    try await state.admit(Epoch(3), host: HostName("mac-a"))
    let first = try #require(try inode())
    try await state.admit(Epoch(3), host: HostName("mac-a"))
    #expect(try inode() == first)
    try await state.admit(Epoch(4), host: HostName("mac-a"))
    #expect(try inode() != first)
    #expect(await state.epoch == Epoch(4))
  }

  @Test("an invented operation of the running promotion keeps a successor from nothing")
  func invented() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      _ = try await client.order(.place(host.new), "p/1", epoch: 3)
      _ = try await client.order(.accept([]), "p/999", epoch: 3)
      // The writer that was at work meets it, and says so.
      let error = await portError {
        _ = try await client.order(host.swing(to: host.new), "p/2", epoch: 3)
      }
      #expect(error.message.contains("p/999"))
      // The next writer does not.
      _ = try await client.swung(host.swing(to: host.new), "p/2", epoch: 4)
      #expect(try await client.survey().operations?.map(\.rawValue) == ["p/1", "p/999", "p/2"])
    }
  }

  @Test("is taken back on the host while no agent runs: what it is held to stays")
  func reset() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      _ = try await client.order(.place(host.new), "p/1", epoch: 900)
      _ = try await client.swung(host.swing(to: host.new), "p/2", epoch: 900)
      let error = await portError {
        _ = try await Agent.forgetWriters(of: host.spec, time: host.services.time)
      }
      #expect(error.kind == .refused && error.message.contains("another agent"))
    }
    let forgotten = try await Agent.forgetWriters(of: host.spec, time: host.services.time)
    #expect(forgotten.epoch == Epoch(900) && forgotten.operations == 2)
    let state = try OperationState(directory: host.spec.paths.state, time: host.services.time)
    #expect(await state.epoch == Epoch(0))
    #expect(await state.recentOperations().isEmpty)
    #expect(await state.held?.release == host.new)
    try await host.withAgent { client in
      _ = try await client.order(.place(host.new), "p/1", epoch: 5)
      #expect(try await client.survey().epoch == Epoch(5))
    }
  }
}
