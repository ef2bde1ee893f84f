import SluiceArguments
import SluiceCore
import SluiceSystem
import Synchronization

/// Reports the rehearsal live: on a terminal in place, elsewhere line by line.
public final class Narrator: Sendable {
  private struct State: Sendable {
    var stage: Stage
    var screen = LiveScreen()
    var act: Act?
  }

  private let state: Mutex<State>
  private let style: Style
  private let isLive: Bool
  private let size: @Sendable () -> TerminalSize
  private let write: @Sendable (String) -> Void

  /// - Parameters:
  ///   - isLive: the text may move the cursor.
  ///   - size: the terminal's, asked whenever something is drawn.
  ///   - write: gets whole pieces of text, in order.
  public init(
    stage: Stage, style: Style, isLive: Bool,
    size: @escaping @Sendable () -> TerminalSize = { .endless },
    write: @escaping @Sendable (String) -> Void
  ) {
    state = Mutex(State(stage: stage))
    self.style = style
    self.isLive = isLive
    self.size = size
    self.write = write
  }

  public func begin(_ act: Act) {
    tell("act \(act.rawValue), \(act.title)") {
      $0.stage.begin(act, at: SystemClock.monotonicMilliseconds())
      $0.act = act
    }
  }

  public func say(_ text: String) { tell("  \(text)") { $0.stage.say(text) } }

  public func end(_ report: ActReport) {
    let good = report.isAsIntended ? "" : "NOT AS IT SHOULD: "
    let clients =
      report.isAsIntended ? "" : report.clients.map { "; clients: \($0.sentence)" } ?? ""
    tell(
      "act \(report.act.rawValue) \(report.ending.rawValue): \(good)\(report.sentence)\(clients)"
    ) {
      $0.stage.end(report)
      $0.act = nil
    }
  }

  /// Shows the present activity, which a log should not keep.
  public func show(_ text: String) {
    state.withLock { $0.stage.show(text) }
  }

  /// Draws anew, for clocks and counters; call it about four times a second.
  public func refresh(load: LoadSnapshot?) {
    guard isLive else { return }
    state.withLock { draw(&$0, load) }
  }

  /// Leaves the screen to later output.
  public func finish() {
    state.withLock { state in
      guard isLive else { return }
      write(state.screen.clear())
    }
  }

  private func tell(_ line: String, _ change: (inout State) -> Void) {
    state.withLock { state in
      change(&state)
      if isLive { return draw(&state, nil) }
      let time = Timestamp.clockText(SystemClock.wallMilliseconds())
      write("\(time) UTC  \(Style.escaped(line))\n")
    }
  }

  private func draw(_ state: inout State, _ load: LoadSnapshot?) {
    let size = size()
    let lines = state.stage.lines(
      at: SystemClock.monotonicMilliseconds(), load: load, width: size.textWidth,
      height: min(24, size.rows), style: style)
    write(state.screen.draw(lines, rows: size.rows))
  }
}
