/// Makes text from outside safe to show.
///
/// A ticket or an actor's name may hold escape sequences, line breaks or marks that turn the
/// reading direction. On a terminal they could hide or forge the text beside them.
public enum PrintableText {
  /// The text with every control, invisible format and line separating character spelled out
  /// (`\n`, `\x1b`, `\u{202e}`), cut after `limit` characters with `…`.
  public static func escaped(_ text: String, limit: Int = .max) -> String {
    var result = ""
    var count = 0
    for character in text {
      guard count < limit else { return result + "…" }
      count += 1
      for scalar in character.unicodeScalars {
        if let spelled = spelledOut(scalar) {
          result += spelled
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  /// The text as one line: a blank stands for every control, format and line separating character.
  /// For long texts of other programs, whose escapes nobody would read.
  ///
  /// - Parameter limit: code points; a longer text is cut and ends with `…`.
  public static func line(_ text: some StringProtocol, limit: Int) -> String {
    let scalars = text.unicodeScalars
    let line = String(
      String.UnicodeScalarView(
        scalars.prefix(limit).map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: " "
          default: scalar
          }
        }))
    return scalars.dropFirst(limit).isEmpty ? line : line + "…"
  }

  /// Nil for a character that may stand as it is.
  private static func spelledOut(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case " "..."~": return nil
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    // The joiners that emoji and several scripts are written with.
    case "\u{200c}", "\u{200d}": return nil
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control where scalar.value < 0x100:
      let digits = String(scalar.value, radix: 16)
      return "\\x" + (digits.count < 2 ? "0" : "") + digits
    case .control, .format, .lineSeparator, .paragraphSeparator:
      return "\\u{\(String(scalar.value, radix: 16))}"
    default:
      return nil
    }
  }
}
