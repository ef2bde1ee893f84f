/// Help for one level: what it does, how to write it, then the details.
struct HelpPage {
  let level: CommandLevel
  let style: Style
  let width: Int

  init(level: CommandLevel, style: Style, width: Int) {
    self.level = level
    self.style = style
    self.width = min(100, max(40, width))
  }

  func text() -> String {
    let discussion =
      level.discussion.isEmpty ? [] : [TextWrap.lines(level.discussion, width: width)]
    let abstract = TextWrap.lines(level.abstract, width: width)
    let sections: [[String]] =
      [abstract, usage] + discussion + commandSections + [
        section("Arguments", level.arguments.map { ($0.name, Self.describe($0)) }),
        section("Options", options(level.commands.isEmpty ? level.allOptions : level.ownOptions)),
        section("Global options", level.commands.isEmpty ? [] : options(level.globalOptions)),
        examples,
        section("Exit codes", level.exitCodes.map { ("\($0.0)", $0.1) }),
        hint,
      ]
    let text = sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
    return text.joined(separator: "\n\n") + "\n"
  }

  private var usage: [String] {
    let lead = "Usage: "
    let indent = String(repeating: " ", count: lead.count)
    let lines = TextWrap.lines(level.usage, width: width - lead.count)
    return lines.enumerated().map {
      ($0.offset == 0 ? style.paint("Usage:", .strong) + " " : indent) + $0.element
    }
  }

  private var commandSections: [[String]] {
    level.groups.map { group in
      section(group.heading, group.commands.map { ($0.name, $0.abstract) })
    }
  }

  private var examples: [String] {
    guard !level.examples.isEmpty else { return [] }
    var lines = [style.paint("Examples:", .strong)]
    for example in level.examples {
      lines.append("  \(style.paint(example.command, .accent))")
      lines += TextWrap.lines(example.explanation, width: width - 6).map { "      \($0)" }
    }
    return lines
  }

  private var hint: [String] {
    guard !level.visibleSubcommands.isEmpty else { return [] }
    return TextWrap.lines("More about a command: \(level.title) help COMMAND", width: width)
  }

  private func options(_ options: [OptionSpec]) -> [(String, String)] {
    options.filter { !$0.isHidden }.map { (Self.term($0), Self.describe($0)) }
  }

  /// Terms to the left, their explanations in one column beside them.
  private func section(_ title: String, _ entries: [(term: String, text: String)]) -> [String] {
    guard !entries.isEmpty else { return [] }
    let widest = entries.map { DisplayWidth.of($0.term) }.max() ?? 0
    let column = min(widest, min(28, width / 3)) + 4
    return [style.paint(title + ":", .strong)]
      + entries.flatMap { entry in
        let lines = TextWrap.lines(entry.text, width: width - column)
        let term = "  " + style.paint(entry.term, .accent)
        let used = 2 + DisplayWidth.of(entry.term)
        let indent = String(repeating: " ", count: column)
        guard used + 2 <= column, let first = lines.first else {
          return [term] + lines.map { indent + $0 }
        }
        return [term + String(repeating: " ", count: column - used) + first]
          + lines.dropFirst().map { indent + $0 }
      }
  }

  /// `-t, --ticket ID`; the long forms stand below each other.
  static func term(_ option: OptionSpec) -> String {
    let short = option.short.map { "-\($0), " } ?? "    "
    return short + "--\(option.name)" + (option.valueName.map { " \($0)" } ?? "")
  }

  static func describe(_ option: OptionSpec) -> String {
    var notes: [String] = []
    if option.isRequired { notes.append("required") }
    if !option.choices.isEmpty { notes.append(option.choices.joined(separator: ", ")) }
    if let value = option.defaultValue { notes.append("default: \(value)") }
    if option.isRepeatable { notes.append("may be repeated") }
    return describe(option.help, notes)
  }

  static func describe(_ argument: ArgumentSpec) -> String {
    var notes: [String] = []
    if !argument.choices.isEmpty { notes.append(argument.choices.joined(separator: ", ")) }
    if !argument.isRequired { notes.append("optional") }
    return describe(argument.help, notes)
  }

  private static func describe(_ help: String, _ notes: [String]) -> String {
    notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
  }
}
