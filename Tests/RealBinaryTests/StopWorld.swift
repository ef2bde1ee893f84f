import Foundation
import SluiceCore
import SluiceController
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

extension WriterWorld {
  var ledger: String { home("disk/audit/promotions.jsonl") }
  private var lock: WriterLock { WriterLock(path: ledger + ".lock") }

  /// Runs a command as a person types it, to its end.
  func sluice(_ arguments: String...) async throws -> ProcessOutcome {
    try await Processes.run(
      ProcessCommand(
        Injector.sluice, arguments + ["--fleet", home("sluice.yaml")],
        environment: Self.environment, directory: "/", deadline: .seconds(90)))
  }

  /// A promotion that holds its first share, for want of sessions.
  func holdingTheFirstShare() async throws -> ProcessIdentity {
    let digest = try await preparePromotion()
    let begun = try await sluice(
      "promote", String(digest.text.dropFirst(7)), "--ticket", "OPS-1", "--detach")
    try #require(begun.succeeded, "\(begun.errorText)")
    let holds = try await eventually {
      let promotion = try await LedgerReading.load(self.fleet.writer).replay.promotion
      return promotion?.phase == .ramping(0) && promotion?.weights.share ?? .zero > .zero
    }
    try #require(holds)
    return try #require(await lock.process())
  }

  /// Runs the body on such a promotion; whatever controller is left is ended.
  static func holding(
    _ body: @Sendable @escaping (WriterWorld, ProcessIdentity) async throws -> Void
  ) async throws {
    try await WriterWorld.with(names: threeNames) { world in
      let controller = try await world.holdingTheFirstShare()
      var failure: (any Error)?
      do { try await body(world, controller) } catch { failure = error }
      try? Processes.signal(controller, 18)
      if let left = await world.lock.process() { try? Processes.signal(left, 9) }
      if let failure { throw failure }
    }
  }

  func end(_ controller: ProcessIdentity) async throws {
    try Processes.signal(controller, 9)
    #expect(await Processes.waitForExit(controller, deadline: .seconds(5)))
  }

  func changeByte(ofLine number: Int) throws {
    var bytes = try Files.read(ledger)
    let starts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    // In the time of the line: it stays a line.
    let line = Array(bytes[starts[number - 1]..<starts[number]])
    let text = String(decoding: line, as: UTF8.self)
    let place = try #require(text.range(of: "\"ts\":\"20"))
    let offset =
      starts[number - 1] + text.utf8.distance(from: text.startIndex, to: place.upperBound)
    bytes[offset] = bytes[offset] == UInt8(ascii: "2") ? UInt8(ascii: "3") : UInt8(ascii: "2")
    try Self.write(bytes[offset], at: offset, of: ledger)
  }

  /// In place: inode and size stay.
  private static func write(_ byte: UInt8, at offset: Int, of path: String) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: Data([byte]))
    try handle.close()
  }

  func entries() async throws -> [LedgerEntry] {
    try await LedgerReading.load(fleet.writer).entries
  }

  func isRolledBack() async throws -> Bool {
    let promotion = try? await LedgerReading.load(fleet.writer).replay.promotion
    guard case .concluded(.rolledBack)? = promotion?.phase else { return false }
    return await lock.holder() == nil
  }

  var kept: [String] {
    ((try? Files.names(in: home("disk/audit"))) ?? []).filter { $0.contains(".altered-") }
  }

  /// The faults of a fleet that was brought back; empty when there are none.
  func faultsOfTheFleet() async throws -> [String] {
    var faults: [String] = []
    for (name, host) in hosts.sorted(by: { $0.key < $1.key }) {
      let running = await host.current.running
      if running != Self.old.marker { faults.append("\(name) runs \(running.version)") }
    }
    let state = try await balancer.read()
    if state.weights.share != .zero { faults.append("the share is \(state.weights.share)") }
    for server in state.servers where server.isTakenOut {
      faults.append("\(server.host) is taken out")
    }
    return faults
  }
}
