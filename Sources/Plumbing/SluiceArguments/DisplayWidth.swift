/// Columns that text takes on a terminal.
///
/// Good enough to align boxes: East Asian wide characters and emoji take two, combining marks none.
public enum DisplayWidth {
  public static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }

  /// A grapheme is as wide as its first scalar, unless it asks for emoji.
  public static func of(_ character: Character) -> Int {
    if let ascii = character.asciiValue { return ascii < 0x20 || ascii == 0x7f ? 0 : 1 }
    let scalars = character.unicodeScalars
    let first = scalars[scalars.startIndex]
    switch first.properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark, .lineSeparator, .paragraphSeparator:
      return 0
    default: break
    }
    if first.properties.isEmojiPresentation { return 2 }
    if scalars.contains("\u{fe0f}") && first.properties.isEmoji { return 2 }
    return isWide(first.value) ? 2 : 1
  }

  /// Blocks whose characters are `W` or `F` in Unicode's EastAsianWidth.txt.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
      0xa000...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19,
      0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18cd5, 0x1b000...0x1b2fb,
      0x1f200...0x1f251, 0x20000...0x3fffd:
      true
    default: false
    }
  }
}
