import SluiceArguments
import SluiceCore
import SluiceController
import SluiceLedger
import SluicePorts
import SluiceStatus

/// Shows a promotion while it goes: line by line, as the ledger grows.
struct PromotionShow {
  private let fleet: Fleet
  private let terminal: Terminal
  /// A controller that lets go of the lease has ended its promotion, or itself: after so many looks
  /// without one it is the latter.
  private static let patience = 10

  init(_ fleet: Fleet, _ terminal: Terminal) {
    self.fleet = fleet
    self.terminal = terminal
  }

  /// Returns with the exit code of the promotion's end. A terminal that closes ends only this.
  func follow(_ begun: Steering.Begun, isContinued: Bool = false) async throws -> ExitCode {
    var narrator = PromotionNarrator(begun.id, isContinued: isContinued)
    var abandoned = 0
    let code = try await LedgerWatch(fleet.writer).follow { update -> ExitCode? in
      for entry in update.new {
        for line in try narrator.take(entry) where !terminal.isJSON {
          terminal.data(line.rendered(terminal.style) + "\n")
        }
      }
      guard let promotion = narrator.promotion else { return nil }
      if let code = Self.code(of: promotion) { return code }
      abandoned = update.reading.holder == nil ? abandoned + 1 : 0
      guard abandoned < Self.patience else {
        throw PortError(
          .failed,
          "no controller is at work on \(begun.id) any more; it stands at "
            + promotion.phase.title,
          remedy: "Go on:  sluice resume   or back:  sluice rollback")
      }
      return nil
    }
    if terminal.isJSON {
      let reading = try await LedgerReading.load(fleet.writer)
      let view = StatusView(reading, fleet: fleet, look: nil, now: SystemTime().now())
      terminal.show([], json: view.json)
    }
    return code
  }

  /// Nil while it is under way.
  static func code(of promotion: Promotion) -> ExitCode? {
    switch promotion.phase {
    case .concluded(.completed): .done
    case .concluded(.rolledBack): .rolledBack
    case .concluded(.refused), .concluded(.aborted): .error
    case .rolledBackUnverified: .rolledBackUnverified
    default: nil
    }
  }
}
