import SluiceArguments
import SluiceCore
import SluiceSystem
import Synchronization

/// Tells the rehearsal live: on a terminal in place, elsewhere line by line as things happen.
public final class Narrator: Sendable {
  private struct State: Sendable {
    var stage: Stage
    var screen = LiveScreen()
    var act: Act?
  }

  private let state: Mutex<State>
  private let style: Style
  private let isLive: Bool
  private let write: @Sendable (String) -> Void

  /// - Parameters:
  ///   - isLive: the text may move the cursor.
  ///   - write: gets whole pieces of text, in order.
  public init(
    stage: Stage, style: Style, isLive: Bool, write: @escaping @Sendable (String) -> Void
  ) {
    state = Mutex(State(stage: stage))
    self.style = style
    self.isLive = isLive
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
    tell("act \(report.act.rawValue) \(report.ending.rawValue): \(good)\(report.sentence)") {
      $0.stage.end(report)
      $0.act = nil
    }
  }

  /// What is going on at the moment: nothing that a log should keep.
  public func show(_ text: String) {
    state.withLock { $0.stage.show(text) }
  }

  /// Draws anew, for clocks and counters; call it about four times a second.
  public func refresh(load: LoadSnapshot?) {
    guard isLive else { return }
    state.withLock { draw(&$0, load) }
  }

  /// Leaves the screen to what follows.
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
      write("\(time)  \(Style.escaped(line))\n")
    }
  }

  private func draw(_ state: inout State, _ load: LoadSnapshot?) {
    let lines = state.stage.lines(
      at: SystemClock.monotonicMilliseconds(), load: load, style: style)
    write(state.screen.draw(lines))
  }
}

/// Lines that are drawn in place of the ones before.
struct LiveScreen: Sendable, Hashable {
  private(set) var lines: [String] = []

  /// The text that turns the screen from the lines before to these; empty when nothing changed.
  mutating func draw(_ next: [String]) -> String {
    guard next != lines else { return "" }
    defer { lines = next }
    return back + next.map { "\u{1b}[2K\($0)\n" }.joined() + "\u{1b}[J"
  }

  mutating func clear() -> String {
    defer { lines = [] }
    return back + "\u{1b}[J"
  }

  private var back: String { lines.isEmpty ? "" : "\u{1b}[\(lines.count)F" }
}
