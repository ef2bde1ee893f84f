import SluiceArguments
import SluiceStatus

/// Lays a line of a promotion's story out: the time, a column of titles, and the words.
struct StoryView {
  let line: StoryLine

  init(_ line: StoryLine) { self.line = line }

  private static let titleWidth = 15
  /// After the time and the title.
  private static let textColumn = 14 + titleWidth + 1

  /// A text that is too long for a line continues below its own words.
  func lines(width: Int = TerminalSize.widest) -> [StyledText] {
    (StyledText("\(line.time) UTC  ", .faint) + words).hanging(at: Self.textColumn, width: width)
  }

  private var text: String { line.parts.joined(separator: "   ") }

  private var words: StyledText {
    switch line.event {
    case .began: headline(.strong, text: .faint)
    case .asked: StyledText("\(line.title)  \(text)", .accent)
    case .turnedBack, .notVerified, .concluded: headline(line.severity.tone, text: .plain)
    case .approved, .takenOver: row(.accent)
    case .head: row(.faint)
    default: row(line.severity.tone)
    }
  }

  private func headline(_ tone: Tone, text textTone: Tone) -> StyledText {
    if line.title.isEmpty { return StyledText(text, textTone) }
    if text.isEmpty { return StyledText(line.title, tone) }
    return StyledText("\(line.title)   ", tone) + StyledText(text, textTone)
  }

  private func row(_ tone: Tone) -> StyledText {
    let gap = max(1, Self.titleWidth - line.title.count) + 1
    return StyledText(line.title + String(repeating: " ", count: gap) + text, tone)
  }
}
