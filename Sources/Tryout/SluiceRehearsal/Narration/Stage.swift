import SluiceArguments
import SluiceCore

/// The view of a rehearsal: the acts that ended, the present act with its lines, the acts to come.
/// A value without terminal and clock.
public struct Stage: Sendable, Hashable {
  private enum State: Sendable, Hashable {
    case toCome
    case playing(since: Int64)
    case ended(ActReport)
  }

  /// `3 gateways, HAProxy 2.6.12`.
  public let cast: String
  private let acts: [Act]
  private let began: Int64
  private var states: [Act: State] = [:]
  /// The lines of the present act.
  private var said: [String] = []
  /// The present activity of the act.
  private var now: String?

  /// - Parameter milliseconds: by a clock that never steps, as all times here.
  public init(cast: String, acts: [Act], at milliseconds: Int64) {
    self.cast = cast
    self.acts = acts
    began = milliseconds
  }

  public mutating func begin(_ act: Act, at milliseconds: Int64) {
    states[act] = .playing(since: milliseconds)
    said = []
    now = nil
  }

  /// A line that stays while the act is on.
  public mutating func say(_ text: String) {
    said.append(text)
    now = nil
  }

  /// A line that the next one replaces.
  public mutating func show(_ text: String) { now = text }

  public mutating func end(_ report: ActReport) {
    states[report.act] = .ended(report)
    said = []
    now = nil
  }

  /// At most a screen full: the last lines of the act.
  public func lines(
    at milliseconds: Int64, load: LoadSnapshot?, width: Int = 100, height: Int = 24,
    style: Style = .plain
  ) -> [String] {
    var lines = [
      style.paint("rehearsal   \(cast)   \(Figures.clock(milliseconds - began))", .strong)
    ]
    for act in acts {
      switch states[act] ?? .toCome {
      case .toCome:
        lines.append(style.paint(" \(act.rawValue) \(act.title)", .faint))
      case .ended(let report): lines += ActLine(report).lines(width: width, style: style)
      case .playing(let since):
        let time = Figures.clock(milliseconds - since)
        let label = " \(act.rawValue) \(ActLine.padded(act.title, ActLine.titleWidth))\(time)"
        let branches = said + (now.map { [$0] } ?? []) + Self.traffic(load)
        let tree = TextTree(
          StyledText(label, .accent), branches.map { TextTree(StyledText($0)) })
        let drawn = tree.lines(width: width, style: style)
        lines += drawn.prefix(1) + drawn.dropFirst().suffix(max(3, height - 3 * acts.count))
      }
    }
    return lines
  }

  /// `traffic   1,204 sessions, 0 lost   1.4.2 94.1 %, 1.5.0 5.9 %`.
  static func traffic(_ load: LoadSnapshot?) -> [String] {
    guard let load, load.sessions > 0 else { return [] }
    let versions = load.versions.filter { $0.value.sessions > 0 }.sorted { $0.key < $1.key }
    let total = versions.reduce(0) { $0 + $1.value.sessions }
    let shares = versions.map { name, count in
      let share = MeasuredShare(count: count.sessions, total: total)
      return "\(name) \(Figures.decimal(share.percent)) %"
    }
    return [
      "traffic   \(Figures.sessions(load.sessions)), \(load.lost) lost"
        + (shares.isEmpty ? "" : "   " + shares.joined(separator: ", "))
    ]
  }
}
