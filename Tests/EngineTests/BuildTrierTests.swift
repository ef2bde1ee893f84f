import SluiceCore
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

/// A host that tries builds as it was told, and nothing else.
private actor TryingHost: HostClient {
  nonisolated let host: HostName
  private let result: Result<TrialReport, PortError>
  private(set) var orders: [(request: TrialRequest, id: OperationID, epoch: Epoch)] = []

  init(_ host: HostName, _ result: Result<TrialReport, PortError>) {
    self.host = host
    self.result = result
  }

  func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) throws(PortError) -> HostReport {
    guard case .tryBuild(let request) = operation else {
      throw PortError(.failed, "was not expected to be asked")
    }
    orders.append((request, id, epoch))
    return .tried(try result.get())
  }

  func answer(_ question: HostQuestion, deadline: Duration) throws(PortError) -> HostAnswer {
    throw PortError(.failed, "was not expected to be asked")
  }
}

@Suite("The writer's side of a trial")
struct BuildTrierTests {
  private static let id = OperationID(rawValue: "try-1/mac-a")
  private static let request = TrialRequest(
    build: ExampleFleet.newerBuild, limitMilliseconds: 60_000)

  private static let report = TrialReport(
    version: "2026.9.6", daemon: nil, fault: "no such column: lane", remarks: [], notAsked: [],
    before: TrialCount(files: 1), after: nil, bytes: 1, grownBytes: 0, copyMilliseconds: 1,
    readyMilliseconds: nil, doctorMilliseconds: nil, totalMilliseconds: 2)

  private func attempt(
    _ result: Result<TrialReport, PortError>, in env: Env
  ) async -> (outcome: Result<TrialRecord, PortError>, host: TryingHost) {
    let host = TryingHost(ExampleFleet.canary, result)
    var env = env
    env.hosts = [ExampleFleet.canary: host]
    do throws(PortError) {
      let record = try await BuildTrier(env: env).tryBuild(
        Self.request, on: ExampleFleet.canary, operation: Self.id, actor: "ana")
      return (.success(record), host)
    } catch { return (.failure(error), host) }
  }

  @Test("intent before, result after, both of no promotion, under an epoch of its own")
  func lines() async throws {
    let world = ExampleFleet.world()
    let (outcome, host) = await attempt(
      .success(Self.report), in: world.env { LimitJudge() })
    let record = try outcome.get()
    #expect(record.report == Self.report && record.host == ExampleFleet.canary)
    let entries = await world.ledger.entries
    #expect(entries.map(\.kind) == [.trialIntended, .buildTried])
    for entry in entries {
      #expect(entry.promotion.isEmpty && entry.actor == "ana" && entry.epoch == Epoch(1))
      #expect(entry.operation == Self.id.rawValue)
      #expect(entry.detail["version"]?.text == "2026.9.6")
    }
    #expect(entries[1].detail["report"]?["fault"]?.text == "no such column: lane")
    #expect(await host.orders.map(\.epoch) == [Epoch(1)])
    #expect(try Replay(entries).promotion == nil && Replay(entries).epoch == Epoch(1))
  }

  @Test("a host that could not try leaves the intent alone, and the lease free")
  func fault() async throws {
    let world = ExampleFleet.world()
    // One lease for both.
    let env = world.env { LimitJudge() }
    let full = PortError(.outOfSpace, "a trial needs 3 GB, and 1 GB are free")
    let (outcome, _) = await attempt(.failure(full), in: env)
    #expect(throws: full) { try outcome.get() }
    #expect(await world.ledger.entries.map(\.kind) == [.trialIntended])
    let (again, host) = await attempt(.success(Self.report), in: env)
    #expect((try? again.get()) != nil)
    #expect(await host.orders.map(\.epoch) == [Epoch(2)])
  }
}
