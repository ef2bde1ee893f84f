/// Completion for fish: one line for each thing that can be offered, each with its condition.
struct FishCompletion {
  let program: ProgramSpec
  private var name: String { program.shellIdentifier }
  private var lead: String { "complete -c \(ShellQuote.fish(program.name))" }

  func script() -> String {
    let levels = CommandLevel(program).tree()
    let paths = levels.dropFirst().map { ShellQuote.fish($0.title) }
    let valued = levels.flatMap { level in
      level.allOptions.filter { !$0.isFlag }.flatMap(\.spellings).map {
        ShellQuote.fish("\(level.title) \($0)")
      }
    }
    let lines = levels.flatMap { commandLines($0) + optionLines($0) + argumentLines($0) }
    return """
      # fish completion for \(program.name) \(program.version), generated from its declarations.
      # Put it into ~/.config/fish/completions/\(program.name).fish

      set -g __\(name)_paths \(paths.joined(separator: " "))
      set -g __\(name)_valued \(valued.joined(separator: " "))

      \(helpers)
      \(lead) -f
      \(lines.joined(separator: "\n"))

      """
  }

  private func commandLines(_ level: CommandLevel) -> [String] {
    let commands = level.visibleSubcommands
    guard !commands.isEmpty else { return [] }
    let here = condition(["__\(name)_at", ShellQuote.fish(level.title)])
    let notHelping = condition(["__\(name)_is", ShellQuote.fish(level.title)])
    return commands.map { "\(lead) -n \(here) -a \($0.name) -d \(ShellQuote.fish($0.abstract))" }
      + ["\(lead) -n \(notHelping) -a help -d 'show help for a command'"]
  }

  private func optionLines(_ level: CommandLevel) -> [String] {
    let here = condition(["__\(name)_is", ShellQuote.fish(level.title)])
    return level.visibleOptions.map { option in
      var words = [lead, "-n", here]
      if let short = option.short { words += ["-s", String(short)] }
      words += ["-l", option.name]
      if !option.isFlag { words.append(value(option.offered)) }
      return (words + ["-d", ShellQuote.fish(option.help)]).joined(separator: " ")
    }
  }

  private func argumentLines(_ level: CommandLevel) -> [String] {
    level.arguments.enumerated().compactMap { index, argument in
      let offered: String
      switch argument.offered {
      case .none: return nil
      case .file: offered = "-F"
      case .directory: offered = "-a '(__fish_complete_directories)'"
      case .values(let values): offered = "-a \(Self.list(values))"
      }
      let place = "\(index + 1)" + (argument.isRepeatable ? " ''" : "")
      let here = condition(["__\(name)_argument", ShellQuote.fish(level.title), place])
      return "\(lead) -n \(here) \(offered) -d \(ShellQuote.fish(argument.name))"
    }
  }

  private func condition(_ words: [String]) -> String {
    ShellQuote.fish(words.joined(separator: " "))
  }

  private func value(_ kind: CompletionKind) -> String {
    switch kind {
    case .none: "-x"
    case .file: "-r -F"
    case .directory: "-x -a '(__fish_complete_directories)'"
    case .values(let values): "-x -a \(Self.list(values))"
    }
  }

  /// fish expands what `-a` is given: each value is quoted once for that, and all once more.
  private static func list(_ values: [String]) -> String {
    ShellQuote.fish(values.map(ShellQuote.fish).joined(separator: " "))
  }

  private var helpers: String {
    Self.template.replacing("IDENTIFIER", with: name)
      .replacing("PROGRAM", with: ShellQuote.fish(program.name))
  }

  private static let template = #"""
    # Prints the verbs before the cursor, whether help was asked for, and the argument's number.
    function __IDENTIFIER_state
        set -l words (commandline -opc)
        set -e words[1]
        set -l path PROGRAM
        set -l position 1
        set -l helping no
        set -l skip no
        set -l ended no
        for word in $words
            if test $skip = yes
                set skip no
            else if test $ended = yes
                set position (math $position + 1)
            else if test "$word" = --
                set ended yes
            else if string match -q -- '-?*' $word
                contains -- "$path $word" $__IDENTIFIER_valued; and set skip yes
            else if contains -- "$path $word" $__IDENTIFIER_paths
                set path "$path $word"
            else if test "$word" = help
                set helping yes
            else
                set position (math $position + 1)
            end
        end
        printf '%s\n' $path $helping $position
    end

    # At these verbs.
    function __IDENTIFIER_at
        set -l state (__IDENTIFIER_state)
        test "$state[1]" = "$argv[1]"
    end

    # At these verbs, and not asking for help.
    function __IDENTIFIER_is
        set -l state (__IDENTIFIER_state)
        test "$state[1]" = "$argv[1]" -a $state[2] = no
    end

    # At this argument of these verbs, or with a third word at it or any later one.
    function __IDENTIFIER_argument
        set -l state (__IDENTIFIER_state)
        test "$state[1]" = "$argv[1]" -a $state[2] = no; or return 1
        test $state[3] = $argv[2]; and return 0
        test (count $argv) -eq 3 -a $state[3] -gt $argv[2]
    end
    """#
}
