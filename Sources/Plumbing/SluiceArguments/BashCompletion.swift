/// Completion for bash, from the 3.2 of macOS on: no associative arrays, no `mapfile`, nothing of
/// the bash-completion package.
struct BashCompletion {
  let program: ProgramSpec
  private var name: String { program.shellIdentifier }

  func script() -> String {
    let levels = CommandLevel(program).tree()
    return """
      # bash completion for \(program.name) \(program.version), generated from its declarations.
      # Load it with:  eval "$(\(program.name) completion bash)"

      __\(name)_level() {
        case "$1" in
      \(levels.map(levelCase).joined(separator: "\n"))
        esac
      }

      __\(name)_value() {
        case "$1" in
      \(levels.flatMap(valueCases).joined(separator: "\n"))
          *) return ;;
        esac
      }

      \(helpers)
      complete -F _\(name) \(ShellQuote.posix(program.name))

      """
  }

  /// Sets `commands`, `options`, `valued` (options that take a value) and `last` (the argument
  /// that takes all further words, 0 for none).
  private func levelCase(_ level: CommandLevel) -> String {
    var commands = level.visibleSubcommands.map(\.name)
    if !commands.isEmpty { commands.append("help") }
    let options = level.visibleOptions
    let valued = level.allOptions.filter { !$0.isFlag }.flatMap(\.spellings)
    let last = level.arguments.last?.isRepeatable == true ? level.arguments.count : 0
    return """
          \(ShellQuote.posix(level.title)))
            commands='\(commands.joined(separator: " "))'
            options='\(options.map { "--\($0.name)" }.joined(separator: " "))'
            valued='\(valued.joined(separator: " "))'
            last=\(last) ;;
      """
  }

  private func valueCases(_ level: CommandLevel) -> [String] {
    let options = level.visibleOptions.filter { !$0.isFlag }.compactMap { option in
      action(option.offered).map { (option.spellings, $0) }
    }
    let arguments = level.arguments.enumerated().compactMap { index, argument in
      action(argument.offered).map { (["#\(index + 1)"], $0) }
    }
    return (options + arguments).map { places, action in
      let patterns = places.map { ShellQuote.posix("\(level.title) \($0)") }
      return "    \(patterns.joined(separator: "|"))) \(action) ;;"
    }
  }

  private func action(_ kind: CompletionKind) -> String? {
    switch kind {
    case .none: nil
    case .file: "__\(name)_paths -f"
    case .directory: "__\(name)_paths -d"
    case .values(let values):
      "__\(name)_offer \(values.map(ShellQuote.posix).joined(separator: " "))"
    }
  }

  private var helpers: String {
    Self.template.replacing("IDENTIFIER", with: name).replacing("PROGRAM", with: program.name)
  }

  /// Variables belong to the outermost function: bash scopes them dynamically.
  private static let template = #"""
    # Offers the words that begin with what is typed. Not `compgen -W`: that would expand them.
    __IDENTIFIER_offer() {
      local candidate
      for candidate in "$@"; do
        case "$candidate" in
          "$cur"*) COMPREPLY+=("$prefix$(printf '%q' "$candidate")") ;;
        esac
      done
    }

    __IDENTIFIER_paths() {
      local candidate
      compopt -o filenames 2>/dev/null
      while IFS= read -r candidate; do
        COMPREPLY+=("$prefix$candidate")
      done < <(compgen "$1" -- "$cur")
    }

    _IDENTIFIER() {
      local IFS=$' \t\n'
      local cur="${COMP_WORDS[COMP_CWORD]}" prefix='' path='PROGRAM'
      local commands options valued last
      local word index=1 position=1 pending='' ended='' helping=''
      COMPREPLY=()
      __IDENTIFIER_level "$path"
      while [ "$index" -lt "$COMP_CWORD" ]; do
        word="${COMP_WORDS[index]}"
        index=$((index + 1))
        if [ -n "$pending" ]; then
          # readline breaks --name=value into three words
          [ "$word" = '=' ] || pending=''
          continue
        fi
        if [ -n "$ended" ]; then
          position=$((position + 1))
          continue
        fi
        case "$word" in
          --) ended=1 ;;
          --*=*) ;;
          -?*) case " $valued " in *" $word "*) pending="$word" ;; esac ;;
          help) if [ -n "$commands" ]; then helping=1; else position=$((position + 1)); fi ;;
          *)
            case " $commands " in
              *" $word "*) path="$path $word"; __IDENTIFIER_level "$path" ;;
              *) position=$((position + 1)) ;;
            esac ;;
        esac
      done
      if [ -n "$pending" ]; then
        [ "$cur" = '=' ] && cur=''
        __IDENTIFIER_value "$path $pending"
        return
      fi
      if [ -z "$ended" ]; then
        case "$cur" in
          --*=*)
            pending="${cur%%=*}"
            prefix="$pending="
            cur="${cur#*=}"
            __IDENTIFIER_value "$path $pending"
            return ;;
          -*) [ -n "$helping" ] || __IDENTIFIER_offer $options; return ;;
        esac
      fi
      if [ -n "$commands" ]; then __IDENTIFIER_offer $commands; return; fi
      [ -z "$helping" ] || return
      if [ "$last" -gt 0 ] && [ "$position" -gt "$last" ]; then position="$last"; fi
      __IDENTIFIER_value "$path #$position"
      if [ -z "$cur$ended" ] && [ "${#COMPREPLY[@]}" -eq 0 ]; then __IDENTIFIER_offer $options; fi
    }
    """#
}
