import SluiceText

/// The meaning of a command line.
public enum ParseResult: Sendable {
  case command(ParsedCommand)
  /// The text to print on standard output; nothing else may happen.
  case help(String)
  case version(String)
}

extension ProgramSpec {
  /// Reads the words after the program's name.
  ///
  /// `--help` or `-h` anywhere before `--` wins over everything but an unknown verb.
  /// - Parameters:
  ///   - style: how help is coloured.
  ///   - width: columns for help, at most 100.
  public func parse(
    _ arguments: [String], style: Style = .plain, width: Int = 100
  ) throws(UsageError) -> ParseResult {
    if arguments.isEmpty { return .help(help(style: style, width: width)) }
    var parser = Parser(level: CommandLevel(self))
    if arguments.prefix(while: { $0 != "--" }).contains(where: OptionSpec.help.spellings.contains) {
      let level = try parser.levelAskedAbout(arguments)
      return .help(HelpPage(level: level, style: style, width: width).text())
    }
    switch try parser.read(arguments) {
    case .run: return .command(try parser.finish())
    case .help(let level): return .help(HelpPage(level: level, style: style, width: width).text())
    case .version: return .version("\(name) \(version)")
    }
  }

  /// Help for a verb, or for the program when the path is empty.
  public func help(
    for path: [String] = [], style: Style = .plain, width: Int = 100
  ) throws(UsageError) -> String {
    let parser = Parser(level: CommandLevel(self))
    let level = try parser.level(at: path[...])
    return HelpPage(level: level, style: style, width: width).text()
  }

  private func help(style: Style, width: Int) -> String {
    HelpPage(level: CommandLevel(self), style: style, width: width).text()
  }
}

/// Walks over the words once and keeps what they mean.
private struct Parser {
  enum Request { case run, version, help(CommandLevel) }

  var level: CommandLevel
  private var given: [String: [String]] = [:]
  private var words: [String] = []

  init(level: CommandLevel) { self.level = level }

  mutating func read(_ arguments: [String]) throws(UsageError) -> Request {
    var rest = arguments[...]
    var optionsEnded = false
    while let word = rest.popFirst() {
      if !optionsEnded && word == "--" {
        optionsEnded = true
      } else if !optionsEnded && word.hasPrefix("-") && word != "-" {
        if word == "--version" && level.commands.isEmpty { return .version }
        try readOption(word, &rest)
      } else if words.isEmpty, word == "help", !level.subcommands.isEmpty {
        return .help(try level(at: rest.filter { !$0.hasPrefix("-") }[...]))
      } else if words.isEmpty, let below = level.descending(to: word) {
        level = below
      } else if !level.subcommands.isEmpty {
        throw level.unknownCommand(word)
      } else {
        try readArgument(word)
      }
    }
    return .run
  }

  private mutating func readOption(
    _ word: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let spelling = word.hasPrefix("--") ? String(parts[0]) : word
    let attached = word.hasPrefix("--") && parts.count == 2 ? String(parts[1]) : nil
    guard let option = level.option(spelled: spelling) else {
      throw level.unknownOption(spelling)
    }
    if given[option.name] != nil && !option.isRepeatable {
      throw level.error("\(spelling) is given twice", "Give it once.")
    }
    guard let valueName = option.valueName else {
      if let attached {
        throw level.error(
          "\(spelling) takes no value, but has \(CommandLevel.shown(attached))",
          "Write just \(spelling).")
      }
      given[option.name, default: []].append("")
      return
    }
    let value: String
    if let attached {
      value = attached
    } else {
      value = try nextValue(of: spelling, valueName, &rest)
    }
    try level.check(value, of: "\(spelling) \(valueName)", choices: option.choices)
    if let limit = option.maximumBytes, value.utf8.count > limit {
      throw level.error(
        "the value of \(spelling) has \(value.utf8.count) bytes, \(limit) are allowed",
        "Write a shorter \(valueName), and name there where the rest can be read.")
    }
    given[option.name, default: []].append(value)
  }

  /// A word with a dash in front is far more often a forgotten value than a value.
  private func nextValue(
    of spelling: String, _ valueName: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let next = rest.first, next != "--" else {
      throw level.error("\(spelling) needs a value", "Write \(spelling) \(valueName).")
    }
    if next.hasPrefix("-") && next != "-" && Int(next) == nil {
      let long = level.option(spelled: spelling).map { "--\($0.name)" } ?? spelling
      throw level.error(
        "\(spelling) needs a value, but \(CommandLevel.shown(next)) follows",
        "Write \(spelling) \(valueName); a value that begins with a dash: \(long)=-…")
    }
    rest.removeFirst()
    return next
  }

  private mutating func readArgument(_ word: String) throws(UsageError) {
    let arguments = level.arguments
    let fits = words.count < arguments.count || (arguments.last?.isRepeatable ?? false)
    guard fits else {
      throw level.error(
        "unexpected argument \(CommandLevel.shown(word))", "Usage: \(level.usage)")
    }
    let argument = arguments[min(words.count, arguments.count - 1)]
    try level.check(word, of: argument.name, choices: argument.choices)
    words.append(word)
  }

  func finish() throws(UsageError) -> ParsedCommand {
    if level.needsSubcommand {
      let names = level.visibleSubcommands.map(\.name).joined(separator: ", ")
      throw level.error("which command?", "It is one of: \(names).")
    }
    if let missing = level.arguments.dropFirst(words.count).first(where: \.isRequired) {
      throw level.error("\(missing.name) is missing: \(missing.help)", "Usage: \(level.usage)")
    }
    if let missing = level.allOptions.first(where: { $0.isRequired && given[$0.name] == nil }) {
      throw level.error(
        "--\(missing.name) is missing: \(missing.help)",
        "Add --\(missing.name) \(missing.valueName ?? "").")
    }
    return ParsedCommand(level: level, given: given, words: words)
  }

  /// The level that `path` names.
  func level(at path: ArraySlice<String>) throws(UsageError) -> CommandLevel {
    var found = level
    for word in path {
      guard let below = found.descending(to: word) else { throw found.unknownCommand(word) }
      found = below
    }
    return found
  }

  /// The verb beside a `--help`. Whatever else is wrong on the line is no reason not to help.
  func levelAskedAbout(_ arguments: [String]) throws(UsageError) -> CommandLevel {
    var found = level
    var rest = arguments.prefix { $0 != "--" }
    while let word = rest.popFirst() {
      if word.hasPrefix("-") {
        let takesNext = found.option(spelled: word).map { !$0.isFlag } ?? false
        if takesNext, let next = rest.first, !next.hasPrefix("-") { rest.removeFirst() }
      } else if !found.subcommands.isEmpty && word != "help" {
        guard let below = found.descending(to: word) else { throw found.unknownCommand(word) }
        found = below
      }
    }
    return found
  }
}

extension CommandLevel {
  /// Refuses an empty value (most often an unset shell variable) and one that is not a choice.
  func check(_ value: String, of what: String, choices: [String]) throws(UsageError) {
    if value.isEmpty {
      throw error("\(what) is empty", "Give it a value; is a shell variable unset?")
    }
    guard !choices.isEmpty, !choices.contains(value) else { return }
    let nearest = EditDistance.nearest(to: value, among: choices)
    throw error(
      "\(what) cannot be \(Self.shown(value))",
      (nearest.map { "Did you mean \($0)? " } ?? "")
        + "It is one of: \(choices.joined(separator: ", ")).")
  }
}
