import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Synchronization
import Testing

@testable import SluiceStatus

/// A ledger to which lines are added while somebody looks.
private final class GrowingLedger: LedgerReader {
  struct State {
    var entries: [LedgerEntry] = []
    var fault: PortError?
    var writer: String?
    var looks = 0
  }
  let state = Mutex(State())
  var place: String { "promotions.jsonl" }

  init(_ entries: [LedgerEntry] = []) { state.withLock { $0.entries = entries } }

  func size() async throws(PortError) -> Int64 { state.withLock { Int64($0.entries.count) } }

  /// A position's length counts lines here.
  func lines(after position: LedgerPosition) async throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition
  ) {
    let (entries, fault) = state.withLock {
      $0.looks += 1
      return ($0.entries, $0.fault)
    }
    if let fault { throw fault }
    var next = position
    next.length = entries.count
    return (Array(entries.dropFirst(position.length)), next)
  }

  func proven() async throws(PortError) -> [LedgerEntry]? { nil }
  func holder() async -> String? { state.withLock { $0.writer } }
}

@Suite("Following the ledger", .timeLimit(.minutes(1)))
struct LedgerWatchTests {
  private let time = SimulatedTime()
  private static let altered = PortError(.altered, "it does not add up")

  private func milliseconds(_ body: () async throws -> Void) async rethrows -> Int64? {
    let began = time.now()
    try await body()
    return time.now().milliseconds(since: began)
  }

  @Test("what is there is shown at once, what is added once, and each second that nothing is")
  func follows() async throws {
    let entries = try await Worlds.ledger()
    let ledger = GrowingLedger(Array(entries.prefix(3)))
    var shown: [Int] = []
    let waited = try await milliseconds {
      _ = try await LedgerWatch(ledger, time: time).follow { update -> Bool? in
        shown.append(update.new.count)
        #expect(update.reading.entries.count == ledger.state.withLock { $0.entries.count })
        if shown.count == 1 { ledger.state.withLock { $0.entries = Array(entries.prefix(5)) } }
        return shown.count == 4 ? true : nil
      }
    }
    #expect(shown == [3, 2, 0, 0])
    #expect(waited == 2_200)
    #expect(ledger.state.withLock { $0.looks } == 2, "a ledger that did not grow is not read again")
  }

  @Test("without a new line, the lock's holder is read each second")
  func holder() async throws {
    let ledger = GrowingLedger()
    let found = try await LedgerWatch(ledger, time: time).follow { update -> String? in
      ledger.state.withLock { $0.writer = "a controller" }
      return update.reading.holder
    }
    #expect(found == "a controller")
  }

  @Test("an altered ledger is waited for while a controller is at work, fifteen seconds at most")
  func altered() async throws {
    let ledger = GrowingLedger()
    ledger.state.withLock { ($0.fault, $0.writer) = (Self.altered, "a controller") }
    // Time passes only in sleeps: one that waits on meets the end of the test instead.
    let limit = Mutex(Int64(0))
    time.whenTimePasses { passed in
      let all = limit.withLock {
        $0 += passed
        return $0
      }
      if all > 20_000 { ledger.state.withLock { $0.fault = PortError(.failed, "too late") } }
    }
    let waited = await milliseconds {
      let error = await #expect(throws: PortError.self) {
        _ = try await LedgerWatch(ledger, time: time).follow { _ -> Bool? in true }
      }
      #expect(error?.kind == .altered)
    }
    #expect(waited == 15_000)
  }

  @Test("one that nobody mends is said at once")
  func nobody() async throws {
    let ledger = GrowingLedger()
    ledger.state.withLock { $0.fault = Self.altered }
    let waited = await milliseconds {
      await #expect(throws: PortError.self) {
        _ = try await LedgerWatch(ledger, time: time).follow { _ -> Bool? in true }
      }
    }
    #expect(waited == 0)
  }

  @Test("one that its controller began anew is followed from its first line")
  func anew() async throws {
    let entries = try await Worlds.ledger()
    let ledger = GrowingLedger(Array(entries.prefix(3)))
    ledger.state.withLock { ($0.fault, $0.writer) = (Self.altered, "a controller") }
    time.whenTimePasses { _ in ledger.state.withLock { $0.fault = nil } }
    let count = try await LedgerWatch(ledger, time: time).follow { $0.reading.entries.count }
    #expect(count == 3)
  }

  @Test("lines that follow no promotion are named with file and line, and none is believed")
  func nonsense() async throws {
    let entries = try await Worlds.ledger()
    // In their chain they may stand; what they tell cannot have been.
    let error = await #expect(throws: PortError.self) {
      try await LedgerReading.load(GrowingLedger(Array(entries.suffix(2))))
    }
    #expect(error?.kind == .altered)
    let line = entries[entries.count - 2].n + 1
    #expect(error?.message == "promotions.jsonl:\(line): promotion p1 never started")
    #expect(error?.remedy?.contains("sluice rollback") == true)
  }
}
