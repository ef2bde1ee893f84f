import SluiceCore
import SluiceController
import SluiceHTTP
import SluiceLedger
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

/// A wall clock that the controller believes, and a test sets.
struct FakeClock: Sendable {
  /// The library of the package `faketime`; nil where it is not installed.
  static let library: String? = {
    let folders = [
      "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib",
      "/usr/local/lib",
    ]
    return folders.map { "\($0)/faketime/libfaketimeMT.so.1" }
      .first { (try? Files.status(of: $0)) ?? nil != nil }
  }()

  let file: String

  /// For the program that shall believe it: its monotonic clocks stay true.
  var environment: [String: String] {
    [
      "LD_PRELOAD": Self.library ?? "", "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
      "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    ]
  }

  /// Years beside the true time.
  func set(years: Int) throws {
    try Files.replace(
      file, with: Array("\(years < 0 ? "-" : "+")\(abs(years))y\n".utf8), durable: false)
  }
}

@Suite("The real controller while somebody sets the clock")
struct ClockTests {
  @Test(
    "a wall clock that jumps by ten years at every line changes no decision",
    .enabled("HAProxy or faketime is missing") {
      hasTool("haproxy") && FakeClock.library != nil
    })
  func jumps() async throws {
    try await WriterWorld.with(names: WriterWorld.threeNames) { world in
      let clock = FakeClock(file: world.home("clock"))
      try clock.set(years: 0)
      let steady = try await promote(world, clock, jumps: false)
      let jumping = try await promote(world, clock, jumps: true)
      #expect(steady.last == .ended(.completed))
      #expect(jumping == steady)
      print("figure: \(jumping.count) lines beside evidence, the clock set at each")
    }
  }

  /// The kinds of the lines of a whole promotion, without the looks, of which there may be more or
  /// fewer.
  private func promote(
    _ world: WriterWorld, _ clock: FakeClock, jumps: Bool
  ) async throws -> [LedgerKind] {
    let digest = try await world.preparePromotion()
    let arguments = world.controller(WriterWorld.starting(digest))
    let environment = WriterWorld.environment.merging(clock.environment) { _, own in own }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await Self.load(world.fleet.balancer.bind ?? "") }
      group.addTask {
        var lines = 0
        while jumps {
          let count = try await LedgerReading.load(world.fleet.writer).entries.count
          if count > lines { try clock.set(years: count % 2 == 0 ? 10 : -10) }
          lines = count
          try await SystemClock.sleep(for: .milliseconds(5))
        }
      }
      // By way of `env`: the library changes the environment of the program that loads it first, and
      // Swift 6.3 finds a program's arguments beside the environment that the kernel laid out.
      let outcome = try await Processes.run(
        ProcessCommand(
          "/usr/bin/env", arguments, environment: environment, directory: "/",
          deadline: .seconds(180)))
      group.cancelAll()
      let entries = try await LedgerReading.load(world.fleet.writer).entries
      #expect(LedgerFaults.of(entries) == [])
      #expect(outcome.succeeded, "\(outcome.errorText)")
      if jumps { #expect(Set(entries.map { $0.timestamp.prefix(4) }).count > 1) }
      return entries.map(\.kind).filter { $0 != .evidence }
    }
  }

  /// New sessions, a few at a time.
  private static func load(_ address: String) async throws {
    let client = HTTPClient()
    defer { client.shutdown() }
    while !Task.isCancelled {
      _ = try? await client.send(
        HTTPRequest("POST", "http://\(address)/", deadline: .seconds(5), freshConnection: true))
      try await SystemClock.sleep(for: .milliseconds(5))
    }
  }
}
