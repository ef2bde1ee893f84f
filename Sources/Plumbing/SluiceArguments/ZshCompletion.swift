/// Completion for zsh: one function a level, on zsh's own `_arguments` and `_describe`.
struct ZshCompletion {
  let program: ProgramSpec

  func script() -> String {
    let functions = CommandLevel(program).tree().map { level in
      level.visibleSubcommands.isEmpty ? leaf(level) : branch(level)
    }
    let main = "_\(program.shellIdentifier)"
    return """
      #compdef \(program.name)
      # zsh completion for \(program.name) \(program.version), generated from its declarations.
      # Put it as _\(program.name) into a folder of $fpath, or load it after compinit with:
      #   eval "$(\(program.name) completion zsh)"

      \(functions.joined(separator: "\n\n"))

      # Autoloaded, this file is the function's body; sourced, it announces it.
      if [[ "$funcstack[1]" == "\(main)" ]]; then
        \(main) "$@"
      else
        compdef \(main) \(ShellQuote.posix(program.name))
      fi

      """
  }

  private func function(_ level: CommandLevel) -> String {
    let words = level.path.map { $0.map { $0 == "-" ? "_" : String($0) }.joined() }
    return (["_\(program.shellIdentifier)"] + words).joined(separator: "__")
  }

  private func leaf(_ level: CommandLevel) -> String {
    let specs = level.visibleOptions.flatMap(Self.specs) + level.arguments.enumerated().map(place)
    return """
      \(function(level))() {
        _arguments -S \\
      \(specs.map { "    " + ShellQuote.posix($0) }.joined(separator: " \\\n"))
      }
      """
  }

  private func branch(_ level: CommandLevel) -> String {
    let specs = level.visibleOptions.flatMap(Self.specs) + ["1: :->command", "*:: :->rest"]
    let commands = level.visibleSubcommands
    let described =
      (commands.map { "\(Self.escaped($0.name, ":")):\($0.abstract)" }
      + ["help:show help for a command"]).map { "    " + ShellQuote.posix($0) }
    let calls = commands.map { command in
      let below = CommandLevel(program, level.commands + [command])
      return "        \(ShellQuote.posix(command.name))) \(function(below)) && result=0 ;;"
    }
    return """
      \(function(level))_commands() {
        local -a commands
        commands=(
      \(described.joined(separator: "\n"))
        )
        _describe -t commands \(ShellQuote.posix("\(level.title) command")) commands
      }

      \(function(level))() {
        local curcontext="$curcontext" context state state_descr line result=1
        typeset -A opt_args
        _arguments -C -S \\
      \(specs.map { "    " + ShellQuote.posix($0) }.joined(separator: " \\\n")) && result=0
        case "$state" in
          command) \(function(level))_commands && result=0 ;;
          rest)
            case "$line[1]" in
      \(calls.joined(separator: "\n"))
              help) (( CURRENT == 2 )) && \(function(level))_commands && result=0 ;;
            esac ;;
        esac
        return result
      }
      """
  }

  /// `_arguments` specifications: one a spelling, each excluding the other.
  private static func specs(_ option: OptionSpec) -> [String] {
    option.spellings.map { spelling in
      let others = option.spellings.filter { _ in option.spellings.count > 1 }
      let exclusion = others.isEmpty ? "" : "(\(others.joined(separator: " ")))"
      let lead = option.isRepeatable ? "*" : exclusion
      let explanation = "[\(escaped(option.help, "[]"))]"
      guard let valueName = option.valueName else { return lead + spelling + explanation }
      let equals = spelling.hasPrefix("--") ? "=" : ""
      let value = ":\(escaped(valueName, ":")):\(action(option.offered))"
      return lead + spelling + equals + explanation + value
    }
  }

  private func place(_ index: Int, _ argument: ArgumentSpec) -> String {
    let position = argument.isRepeatable ? "*" : "\(index + 1)"
    let separator = argument.isRequired || argument.isRepeatable ? ":" : "::"
    let message = Self.escaped(argument.name, ":")
    return position + separator + message + ":" + Self.action(argument.offered)
  }

  private static func action(_ kind: CompletionKind) -> String {
    switch kind {
    case .none: " "
    case .file: "_files"
    case .directory: "_files -/"
    case .values(let values):
      "(\(values.map { escaped($0, " ()\\:\"'$`&|;<>*?[]{}~#") }.joined(separator: " ")))"
    }
  }

  private static func escaped(_ text: String, _ special: String) -> String {
    text.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
