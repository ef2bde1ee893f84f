/// The shells that completions are written for.
public enum Shell: String, Sendable, CaseIterable {
  case bash, zsh, fish
}

extension ProgramSpec {
  /// A completion script. It knows all by itself: pressing tab starts nothing.
  public func completionScript(for shell: Shell) -> String {
    switch shell {
    case .bash: BashCompletion(program: self).script()
    case .zsh: ZshCompletion(program: self).script()
    case .fish: FishCompletion(program: self).script()
    }
  }

  /// The name with what a shell function's name may not hold replaced.
  var shellIdentifier: String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}

/// Quoting of single words.
enum ShellQuote {
  /// For bash and zsh: `'it'\''s'`.
  static func posix(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  /// For fish, where a backslash counts inside quotes too.
  static func fish(_ text: String) -> String {
    var quoted = "'"
    for character in text {
      if character == "'" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return quoted + "'"
  }
}
