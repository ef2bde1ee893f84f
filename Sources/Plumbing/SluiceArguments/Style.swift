import SluiceText

/// The meaning of a piece of text. Colour only repeats the meaning and never carries it alone.
public enum Tone: Sendable, Equatable {
  case plain, strong, faint, accent, good, warning, bad

  fileprivate var parameters: String? {
    switch self {
    case .plain: nil
    case .strong: "1"
    case .faint: "2"
    case .accent: "36"
    case .good: "32"
    case .warning: "33"
    case .bad: "1;31"
    }
  }
}

/// Whether to colour, decided once and handed on.
public struct Style: Sendable, Equatable {
  public let isColoured: Bool

  public static let plain = Style(isColoured: false)

  public init(isColoured: Bool) { self.isColoured = isColoured }

  /// Colours a terminal, unless `NO_COLOR` (no-color.org: set and not empty) or `TERM=dumb`
  /// says no.
  public init(isTerminal: Bool, environment: [String: String]) {
    let refused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    self.isColoured = isTerminal && !refused
  }

  /// The text in its tone, with control characters spelled out whether coloured or not.
  public func paint(_ text: String, _ tone: Tone) -> String {
    let safe = PrintableText.escaped(text)
    guard isColoured, !safe.isEmpty, let parameters = tone.parameters else { return safe }
    return "\u{1b}[\(parameters)m\(safe)\u{1b}[0m"
  }

  /// Text from outside with its control characters spelled out (`\x1b`), so that it can be shown.
  public static func escaped(_ text: String) -> String { PrintableText.escaped(text) }
}
