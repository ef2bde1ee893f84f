/// The sentences of `sluice status` that an outage added.
struct StatusWatch: Sendable {
  /// Without digits: ages and counts are no news.
  private let before: [String]
  /// The first new line, at the first look that had one; a line at the very top goes before one
  /// below.
  private(set) var said: String?
  private var isOnTop = false
  private(set) var everything = ""

  init(before text: String) { before = Self.lines(text).map(Self.plain) }

  mutating func take(_ text: String) {
    everything += text
    guard !isOnTop else { return }
    let lines = Self.lines(text)
    if let top = lines.first, Self.plain(top) != before.first {
      said = Self.bare(top)
      isOnTop = true
    } else if said == nil {
      said = lines.first { !before.contains(Self.plain($0)) }.map(Self.bare)
    }
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init)
  }

  /// Without the lines of a tree, and with one blank between words.
  private static func bare(_ line: String) -> String {
    let words = line.split(separator: " ").drop { $0.allSatisfy("│├└─".contains) }
    return words.joined(separator: " ")
  }

  private static func plain(_ line: String) -> String { line.filter { !$0.isNumber } }
}
