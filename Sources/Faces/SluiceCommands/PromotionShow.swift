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
  ///
  /// - Parameter code: the exit code of each phase; nil for a phase that is not an end.
  func follow(
    _ id: PromotionID, code: (Phase) -> ExitCode? = PromotionShow.code
  ) async throws -> ExitCode {
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
    return code(promotion.phase) ?? .error
  }

  /// The exit code of a command that moves the fleet forward, or only shows a promotion. Nil while
  /// the promotion is under way.
  static func code(of phase: Phase) -> ExitCode? {
    switch phase {
    case .concluded(.completed), .concluded(.drilled): .done
    case .concluded(.rolledBack): .rolledBack
    case .concluded(.refused), .concluded(.aborted): .error
    case .rolledBackUnverified: .rolledBackUnverified
    default: nil
    }
  }

  /// The exit code of a command that asked for the end of a promotion or for its rollback. If the
  /// promotion ended before anything moved, the fleet is where the command wants it.
  static func codeAsAskedFor(_ phase: Phase) -> ExitCode? {
    switch phase {
    case .concluded(.rolledBack), .concluded(.aborted), .concluded(.refused): .done
    default: code(of: phase)
    }
  }
}
