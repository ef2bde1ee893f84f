import SluiceArguments
import SluiceCore
import SluiceDaemon
import SluiceLedger

/// `status --watch`: the tree, drawn in place on a terminal; elsewhere line by line what happens.
struct StatusScreen {
  private let writer: WriterSpec
  private let terminal: Terminal

  init(_ writer: WriterSpec, _ terminal: Terminal) {
    self.writer = writer
    self.terminal = terminal
  }

  /// Until the promotion has ended; its end is the exit code, as `promote` gives it.
  func follow() async throws -> ExitCode {
    let reading = try await LedgerReading.load(writer)
    guard let promotion = reading.replay.promotion else {
      terminal.message("There is no promotion yet.\n")
      return .done
    }
    guard terminal.isLive, !terminal.isJSON else {
      let begun = Steering.Begun(id: promotion.id, firstLine: 0)
      return try await PromotionShow(writer, terminal).follow(begun)
    }
    return try await draw()
  }

  private func draw() async throws -> ExitCode {
    var drawn = 0
    return try await LedgerWatch(writer).follow { update -> ExitCode? in
      let lines = StatusView(update.reading, now: SystemTime().now()).lines(style: terminal.style)
      let back = drawn > 0 ? "\u{1b}[\(drawn)F" : ""
      terminal.data(back + lines.map { "\u{1b}[2K\($0)\n" }.joined() + "\u{1b}[J")
      drawn = lines.count
      guard let promotion = update.reading.replay.promotion else { return nil }
      // Not verified is no end: it is tried again, and the screen shows it.
      if promotion.phase == .rolledBackUnverified, update.reading.holder != nil { return nil }
      return PromotionShow.code(of: promotion)
    }
  }
}
