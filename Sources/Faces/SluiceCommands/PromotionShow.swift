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

  init(_ fleet: Fleet, _ terminal: Terminal) {
    self.fleet = fleet
    self.terminal = terminal
  }

  /// Returns with the exit code of the promotion's end. A terminal that closes ends only this.
  func follow(_ id: PromotionID) async throws -> ExitCode {
    var follower = PromotionFollower(id)
    let promotion = try await LedgerWatch(fleet.writer).follow { update -> Promotion? in
      let look = try follower.look(new: update.new, holder: update.reading.holder)
      for line in look.told where !line.isPassing && !terminal.isJSON {
        for text in StoryView(line).lines(width: terminal.width) {
          terminal.data(text.rendered(terminal.style) + "\n")
        }
      }
      switch look.standing {
      case .underWay: return nil
      case .ended(let promotion): return promotion
      case .abandoned(let error): throw error
      }
    }
    if terminal.isJSON {
      let reading = try await LedgerReading.load(fleet.writer)
      let status = FleetStatus(reading, fleet: fleet, answers: nil, now: SystemTime().now())
      terminal.show([], json: status.json)
    }
    return Self.code(of: promotion.phase) ?? .error
  }

  /// Nil while it is under way.
  static func code(of phase: Phase) -> ExitCode? {
    switch phase {
    case .concluded(.completed), .concluded(.drilled): .done
    case .concluded(.rolledBack): .rolledBack
    case .concluded(.refused), .concluded(.aborted): .error
    case .rolledBackUnverified: .rolledBackUnverified
    default: nil
    }
  }
}
