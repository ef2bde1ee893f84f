import SluiceCore
import SluiceAgentClient
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceSimulator

/// The fate of a request whose way is cut, in a simulated world and through a real socket: a
/// simulation that behaves otherwise lies.
@Suite("The way to a host, simulated and real")
struct ConnectionConformanceTests {
  enum Kind: String, CaseIterable, Sendable { case simulated, real }

  /// The fault of the first request; the second one has none.
  enum Trouble: Sendable { case none, nobody, cutBeforeWork, cutBeforeAnswer, silence }

  /// One order, given twice under one id, and what the host did meanwhile.
  struct Exchange: Sendable {
    var first: Result<HostReport, PortError>
    var placedAfterFirst: Bool
    var second: Result<HostReport, PortError>
    var placements: Int

    var failure: PortError? {
      if case .failure(let error) = first { error } else { nil }
    }
    var isPlaced: Bool {
      if case .success(.placed) = second { true } else { false }
    }
  }

  private static let release = ExampleFleet.release("1.4.2")
  private static let order = HostOperation.place(release)

  static func exchange(_ kind: Kind, _ trouble: Trouble) async throws -> Exchange {
    switch kind {
    case .simulated: try simulated(trouble)
    case .real: try await real(trouble)
    }
  }

  @Test(
    "an order that gets through is done once, however often it is given",
    arguments: Kind.allCases)
  func whole(kind: Kind) async throws {
    let exchange = try await Self.exchange(kind, .none)
    #expect(exchange.failure == nil)
    #expect(exchange.placedAfterFirst)
    #expect(exchange.isPlaced && exchange.placements == 1)
  }

  @Test(
    "where nobody listens nothing was asked, and the next one is done",
    arguments: Kind.allCases)
  func nobody(kind: Kind) async throws {
    let exchange = try await Self.exchange(kind, .nobody)
    #expect(exchange.failure?.kind == .unreachable)
    #expect(!exchange.placedAfterFirst)
    #expect(exchange.isPlaced && exchange.placements == 1)
  }

  @Test(
    "cut on the way there it is unknown, was not done, and is done when it is given again",
    arguments: Kind.allCases)
  func before(kind: Kind) async throws {
    let exchange = try await Self.exchange(kind, .cutBeforeWork)
    #expect(exchange.failure?.kind == .unknown)
    #expect(!exchange.placedAfterFirst)
    #expect(exchange.isPlaced && exchange.placements == 1)
  }

  @Test(
    "cut during the rollback it is unknown, was done, and is not done again",
    arguments: Kind.allCases)
  func after(kind: Kind) async throws {
    let exchange = try await Self.exchange(kind, .cutBeforeAnswer)
    #expect(exchange.failure?.kind == .unknown)
    #expect(exchange.placedAfterFirst)
    #expect(exchange.isPlaced && exchange.placements == 1)
  }

  @Test(
    "what is never answered is no more than unknown once its time is over",
    arguments: Kind.allCases)
  func silence(kind: Kind) async throws {
    let exchange = try await Self.exchange(kind, .silence)
    let kind = try #require(exchange.failure?.kind)
    #expect(kind == .unknown || kind == .unreachable)
    #expect(!exchange.placedAfterFirst)
    #expect(exchange.isPlaced && exchange.placements == 1)
  }

  // MARK: Simulated

  private static func simulated(_ trouble: Trouble) throws -> Exchange {
    var origin = WorldCase(seed: 3)
    origin.healsAt = 3_600_000
    var world = World(try WorldSetup(origin))
    let host = ExampleFleet.canary
    // Until a controller leads.
    while world.takeDirectives().isEmpty {
      let goesOn = world.step()
      try #require(goesOn)
    }
    switch trouble {
    case .none: break
    case .nobody: world.hosts[host]?.agentRuns = false
    case .cutBeforeWork: world.network[host]?.requestsToLose = 1
    case .cutBeforeAnswer: world.network[host]?.answersToLose = 1
    case .silence: world.network[host]?.silentUntil = .max
    }
    let first = try ask(&world, host)
    let isPlaced = world.hosts[host]?.placements == 1
    world.hosts[host]?.agentRuns = true
    world.network[host] = ConnectionModel()
    let second = try ask(&world, host)
    return Exchange(
      first: first, placedAfterFirst: isPlaced, second: second,
      placements: world.hosts[host]?.placements ?? 0)
  }

  private static func ask(_ world: inout World, _ host: HostName) throws
    -> Result<HostReport, PortError>
  {
    let id = world.begin(
      .operation(host, order, OperationID(rawValue: "p/1"), Epoch(1), deadline: 60_000), by: 0)
    while true {
      for directive in world.takeDirectives() {
        guard case .completed(id, let answer) = directive else { continue }
        switch answer {
        case .success(.report(let report)): return .success(report)
        case .success: throw PortError(.failed, "a host answered with something else than a report")
        case .failure(let error): return .failure(error)
        }
      }
      let goesOn = world.step()
      try #require(goesOn)
    }
  }

  // MARK: Real

  /// A simulated host behind the real server, and between it and the writer a way that can be cut.
  private static func real(_ trouble: Trouble) async throws -> Exchange {
    let host = SimulatedHost(ExampleFleet.canary, runs: ExampleFleet.release("1.4.1"))
    let (way, agent) = (try Listener(), try Listener())
    let client = LocalHostClient(host: ExampleFleet.canary, socket: way.socket, version: "1.0")
    let left = Mutex(trouble)
    let ask: @Sendable (Duration) async -> Result<HostReport, PortError> = { deadline in
      do throws(PortError) {
        return .success(
          try await client.perform(
            order, id: OperationID(rawValue: "p/1"), epoch: Epoch(1), deadline: deadline))
      } catch { return .failure(error) }
    }
    return try await agent.simulated(host) {
      let early = trouble == .nobody ? await ask(.seconds(60)) : nil
      return try await way.serving({ connection in
        let cut = left.withLock { left in
          defer { left = .none }
          return left
        }
        try await Way(writer: connection, socket: agent.socket).carry(cut)
      }) {
        let first: Result<HostReport, PortError>
        if let early {
          first = early
        } else {
          first = await ask(trouble == .silence ? .seconds(4) : .seconds(60))
        }
        let isPlaced = await host.placements == 1
        let second = await ask(.seconds(60))
        return Exchange(
          first: first, placedAfterFirst: isPlaced, second: second,
          placements: await host.placements)
      }
    }
  }
}

/// Carries bytes between a writer and an agent, up to where it is cut.
private struct Way {
  let writer: StreamConnection
  let socket: String

  func carry(_ trouble: ConnectionConformanceTests.Trouble) async throws {
    let agent = try await StreamConnection.connect(.unix(path: socket), deadline: .seconds(10))
    defer { agent.close() }
    // The agent's hello, then the request.
    try await writer.write(try await agent.read())
    let request = try await writer.read()
    switch trouble {
    case .cutBeforeWork: return
    case .silence: while try await !writer.read().isEmpty {}
    case .cutBeforeAnswer:
      try await agent.write(request)
      _ = try await agent.read()
    case .none, .nobody:
      try await agent.write(request)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await pump(from: writer, to: agent) }
        group.addTask { try await pump(from: agent, to: writer) }
        try await group.next()
        group.cancelAll()
      }
    }
  }

  private func pump(from one: StreamConnection, to other: StreamConnection) async throws {
    while true {
      let bytes = try await one.read()
      if bytes.isEmpty { return other.finishWriting() }
      try await other.write(bytes)
    }
  }
}
