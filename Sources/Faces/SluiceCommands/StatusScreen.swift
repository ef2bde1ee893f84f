import SluiceArguments
import SluiceCore
import SluiceController
import SluiceLedger
import SluiceStatus

/// `status --watch`: the tree, drawn in place on a terminal; elsewhere line by line what happens.
struct StatusScreen {
  private let fleet: Fleet
  private let terminal: Terminal
  private static let lookMilliseconds: Int64 = 2_000

  init(_ fleet: Fleet, _ terminal: Terminal) {
    self.fleet = fleet
    self.terminal = terminal
  }

  /// Until the promotion has ended; its end is the exit code, as `promote` gives it.
  func follow() async throws -> ExitCode {
    let reading = try await LedgerReading.load(fleet.writer)
    guard let promotion = reading.replay.promotion else {
      terminal.message("There is no promotion yet.\n")
      return .done
    }
    return try await terminal.untilInterrupted(fleet) {
      guard terminal.isLive, !terminal.isJSON else {
        return try await PromotionShow(fleet, terminal).follow(promotion.id)
      }
      return try await draw()
    }
  }

  private func draw() async throws -> ExitCode {
    var screen = LiveScreen()
    var answers = await FleetAnswers.take(fleet, deadline: FleetAnswers.patience)
    var sight = await ControllerSight.take(fleet.writer)
    var looked = SystemTime().now()
    return try await LedgerWatch(fleet.writer).follow { update -> ExitCode? in
      let now = SystemTime().now()
      if now.milliseconds(since: looked) ?? 0 >= Self.lookMilliseconds {
        async let again = ControllerSight.take(fleet.writer)
        answers = await FleetAnswers.take(fleet, deadline: FleetAnswers.patience)
        sight = await again
        looked = now
      }
      let status = FleetStatus(
        update.reading, fleet: fleet, answers: answers,
        sight: update.reading.holder == nil ? ControllerSight.none : sight, now: now)
      let lines = StatusView(status)
        .lines(width: Terminal.size(toError: false).textWidth, style: terminal.style)
      terminal.data(screen.draw(lines, rows: Terminal.size(toError: false).rows))
      guard let promotion = status.promotion, promotion.isOver else { return nil }
      return PromotionShow.code(of: promotion.phase)
    }
  }
}
