extension ProgramSpec {
  /// The faults of the declarations themselves; empty when they are consistent. For a test.
  public func problems() -> [String] {
    CommandLevel(self).tree(includingHidden: true).flatMap { level in
      let found =
        level.optionProblems() + level.argumentProblems() + level.commandProblems()
        + level.exampleProblems()
      return found.map { "\(level.title): \($0)" }
    }
  }
}

extension CommandLevel {
  fileprivate func commandProblems() -> [String] {
    var problems: [String] = []
    if abstract.isEmpty || abstract.contains("\n") { problems.append("abstract is not one line") }
    if !subcommands.isEmpty && !arguments.isEmpty {
      problems.append("has both arguments and subcommands")
    }
    for name in Self.repeated(subcommands.map(\.name)) { problems.append("\(name) is there twice") }
    for name in subcommands.map(\.name) where name == "help" || !Self.isName(name) {
      problems.append("\(name) cannot name a command")
    }
    return problems
  }

  fileprivate func optionProblems() -> [String] {
    var problems: [String] = []
    let spellings = allOptions.flatMap(\.spellings)
    for spelling in Self.repeated(spellings) { problems.append("\(spelling) is there twice") }
    for option in ownOptions + (commands.isEmpty ? program.globalOptions : []) {
      let name = "--\(option.name)"
      if !Self.isName(option.name) { problems.append("\(name) is not a name") }
      let needsValue =
        option.defaultValue != nil || option.isRequired || !option.choices.isEmpty
        || option.completion != .none
      if option.isFlag && needsValue { problems.append("\(name) is a flag, and cannot have that") }
      if option.isRequired && option.defaultValue != nil {
        problems.append("\(name) is required and has a default")
      }
      if let value = option.defaultValue, !option.choices.isEmpty, !option.choices.contains(value) {
        problems.append("\(name) has a default that is not a choice")
      }
      if option.help.isEmpty || option.help.contains("\n") {
        problems.append("\(name) needs one line of help")
      }
    }
    return problems
  }

  fileprivate func argumentProblems() -> [String] {
    var problems = Self.repeated(arguments.map(\.name)).map { "\($0) is there twice" }
    for (index, argument) in arguments.enumerated() {
      if argument.isRepeatable && index != arguments.count - 1 {
        problems.append("\(argument.name) takes all words, but is not the last argument")
      }
      if argument.isRequired && arguments.prefix(index).contains(where: { !$0.isRequired }) {
        problems.append("\(argument.name) is required after one that is not")
      }
    }
    return problems
  }

  fileprivate func exampleProblems() -> [String] { examples.compactMap(problem) }

  private func problem(_ example: Example) -> String? {
    let words = Self.words(example.command)
    guard words.first == program.name else { return "example is not of \(program.name)" }
    // Help never breaks one: it is there to be copied.
    guard DisplayWidth.of(example.command) <= 98 else { return "example is wider than 98 columns" }
    do throws(UsageError) {
      guard case .command(let parsed) = try program.parse(Array(words.dropFirst())) else {
        return "example is a request for help: \(example.command)"
      }
      let belongs = parsed.path.starts(with: path)
      return belongs ? nil : "example is another command's: \(example.command)"
    } catch {
      return "example does not parse: \(example.command): \(error.what)"
    }
  }

  private static func isName(_ name: String) -> Bool {
    name.first?.isLetter == true && name.last != "-"
      && name.utf8.allSatisfy {
        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d
      }
  }

  private static func repeated(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { !seen.insert($0).inserted }
  }

  /// The words of a simple command line up to a pipe or redirection; quotes group, `\` does not
  /// escape.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if character == quote {
        quote = nil
      } else if quote != nil {
        word?.append(character)
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let word { words.append(word) }
        word = nil
      } else if "|>;&".contains(character) {
        break
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return words
  }
}
