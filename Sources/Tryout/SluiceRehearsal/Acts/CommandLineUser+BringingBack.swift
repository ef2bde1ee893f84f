import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

// Between two promotions of a drill.

extension CommandLineUser {
  /// Brings the fleet to the release before, for the next promotion; does nothing after a rollback.
  func bringBack() async throws {
    let replay = try await LedgerReading.load(fleet.fleet.writer).replay
    guard replay.promotion?.id == replay.completed.last?.id, replay.promotion != nil else { return }
    let first = try await LedgerReading.load(fleet.fleet.writer).entries.count
    let answer = try await type(["rollback", "--now"])
    // Not verified yet: the controller tries again until it is.
    if answer.code == 4 { return try await untilEnded(from: first) }
    guard answer.code == 0 else {
      throw PortError(.failed, "the fleet cannot be brought back: \(answer.words)")
    }
  }

  /// Waits for the end of the promotion that began behind so many lines of the ledger.
  func untilEnded(from first: Int) async throws {
    _ = try await LedgerWatch(fleet.fleet.writer).follow { update -> Bool? in
      try LedgerStory(update.reading.entries, from: first).isEnded ? true : nil
    }
  }
}
