extension ProgramSpec {
  /// The manual page in roff with the `man` macros.
  /// - Parameter date: day of the release, `2026-11-22`; handed in so that a build repeats.
  public func manualPage(date: String) -> String {
    ManualPage(program: self, date: date).text()
  }
}

/// Writes section 1's page: all verbs on one page, under the headings of help.
private struct ManualPage {
  let program: ProgramSpec
  let date: String

  func text() -> String {
    let title = program.name.uppercased()
    let footer = "\(program.name) \(program.version)"
    var lines = [
      ".TH \(Roff.argument(title)) 1 \"\(date)\" \(Roff.argument(footer))",
      ".SH NAME", "\(Roff.text(program.name)) \\- \(Roff.text(program.abstract))",
      ".SH SYNOPSIS", ".B \(Roff.argument(program.name))", ".I COMMAND", "[options] [arguments]",
    ]
    if !program.discussion.isEmpty {
      lines += [".SH DESCRIPTION"] + paragraphs(program.discussion)
    }
    for group in CommandLevel(program).groups {
      lines.append(".SH \(Roff.argument(group.heading.uppercased()))")
      lines += group.commands.flatMap { CommandLevel(program, [$0]).tree() }.flatMap(command)
    }
    let options = CommandLevel(program).visibleOptions
    lines += section("GLOBAL OPTIONS", options.map { (Self.term($0), HelpPage.describe($0)) })
    lines += section("EXIT STATUS", program.exitCodes.map { (Roff.bold("\($0.0)"), $0.1) })
    lines += section("ENVIRONMENT", program.environment.map { (Roff.bold($0.name), $0.help) })
    lines += section("FILES", program.files.map { (Roff.italic($0.path), $0.help) })
    if !program.examples.isEmpty { lines += [".SH EXAMPLES"] + examples(program.examples) }
    // A paragraph right after a heading begins by itself.
    let needed = lines.indices.filter { lines[$0] != ".PP" || !lines[$0 - 1].hasPrefix(".S") }
    return needed.map { lines[$0] }.joined(separator: "\n") + "\n"
  }

  private func command(_ level: CommandLevel) -> [String] {
    let options = level.command?.options.filter { !$0.isHidden } ?? []
    var lines = [".SS \(Roff.argument(level.title))", Roff.bold(level.usage), ".PP"]
    lines += paragraphs(
      level.abstract + (level.discussion.isEmpty ? "" : "\n\n" + level.discussion))
    lines += level.arguments.flatMap { item(Roff.italic($0.name), HelpPage.describe($0)) }
    lines += options.flatMap { item(Self.term($0), HelpPage.describe($0)) }
    if !level.exitCodes.isEmpty {
      lines +=
        [".PP", "Exit status:"]
        + level.exitCodes.flatMap { item(Roff.bold("\($0.0)"), $0.1) }
    }
    return lines + examples(level.examples)
  }

  private func section(_ title: String, _ entries: [(String, String)]) -> [String] {
    entries.isEmpty ? [] : [".SH \(title)"] + entries.flatMap { item($0.0, $0.1) }
  }

  /// A term that is written already, and its text.
  private func item(_ term: String, _ text: String) -> [String] {
    [".TP", term] + Roff.lines(text)
  }

  private func examples(_ examples: [Example]) -> [String] {
    examples.flatMap { example in
      [".PP"] + Roff.lines(example.explanation)
        + [".PP", ".RS 4", ".nf", Roff.bold(example.command), ".fi", ".RE"]
    }
  }

  private func paragraphs(_ text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var result: [String] = []
    for line in lines {
      if !line.isEmpty {
        result += Roff.lines(String(line))
      } else if result.last != ".PP" {
        result.append(".PP")
      }
    }
    return result
  }

  private static func term(_ option: OptionSpec) -> String {
    let names = option.spellings.map(Roff.bold).joined(separator: ", ")
    return names + (option.valueName.map { " " + Roff.italic($0) } ?? "")
  }
}

/// Text in roff's notation.
private enum Roff {
  static func bold(_ text: String) -> String { "\\fB\(self.text(text))\\fR" }
  static func italic(_ text: String) -> String { "\\fI\(self.text(text))\\fR" }

  /// An argument of a macro.
  static func argument(_ text: String) -> String { "\"\(self.text(text))\"" }

  /// Filled text, a sentence or so a line; roff joins them again.
  static func lines(_ text: String) -> [String] {
    TextWrap.lines(text, width: 72).map { self.text($0.trimmingSpaces()) }
  }

  /// Every character that roff would read as more than itself is spelled out.
  static func text(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "\"": result += "\\(dq"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "." where result.isEmpty: result += "\\&."
      case " "..."~": result.unicodeScalars.append(scalar)
      default: result += "\\[u\(hexadecimal(scalar.value))]"
      }
    }
    return result
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension String {
  fileprivate func trimmingSpaces() -> String {
    var text = Substring(self)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
