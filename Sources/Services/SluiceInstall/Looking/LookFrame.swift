import SluiceCore
import SluicePorts

/// The frame around the facts of a look: lines `key=value` between two marks. The text of a login
/// shell stands outside of the frame.
enum LookFrame {
  static let begin = "== sluice look 1 =="
  static let end = "== sluice look ends =="
  static let longestValue = 400

  /// The pairs inside the last frame, in their order; nil without a whole frame.
  static func values(in output: [UInt8]) -> [(key: String, value: String)]? {
    let lines = output.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self).trimmed }
    guard let begin = lines.lastIndex(of: Self.begin),
      let end = lines[begin...].firstIndex(of: Self.end)
    else { return nil }
    return lines[(begin + 1)..<end].compactMap { line in
      guard let mark = line.firstIndex(of: "=") else { return nil }
      let value = String(line[line.index(after: mark)...])
      return value.utf8.count <= longestValue ? (String(line[..<mark]), value) : nil
    }
  }

  /// The text that a host sent in place of a frame, for a message.
  static func firstWords(of answer: ShellAnswer) -> String {
    let lines = answer.output.split(separator: 0x0A)
      .map { String(decoding: $0, as: UTF8.self).trimmed }
    let said = lines.first { !$0.isEmpty } ?? answer.errors.trimmed
    let words = said.isEmpty ? "nothing" : "\"\(Speech.text(said, characters: 80))\""
    return "exit code \(answer.exitCode), and the host said \(words)"
  }

  /// The first lines of every script: a search path that no login shell cuts, and `say`, which
  /// writes one fact.
  static let prelude = """
    LC_ALL=C; export LC_ALL
    PATH=/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin:/opt/homebrew/sbin:/usr/local/bin:/usr/local/sbin:$PATH
    export PATH
    say() { printf '%s=%s\\n' "$1" "$(printf '%s' "$2" | tr '\\r\\n\\t' '   ' | cut -c 1-400)"; }

    """
}

/// One word for `/bin/sh`.
func shellWord(_ text: String) -> String {
  "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    + "'"
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? endIndex
    return start < end ? String(self[start..<end]) : ""
  }
}
