/// One place in the tree of commands, and what may be typed there.
///
/// Parser, help, completions and manual page all see the tree through this, so they cannot differ.
struct CommandLevel: Sendable {
  let program: ProgramSpec
  /// From the outermost verb to this one; empty at the program itself.
  let commands: [CommandSpec]

  init(_ program: ProgramSpec, _ commands: [CommandSpec] = []) {
    self.program = program
    self.commands = commands
  }

  var command: CommandSpec? { commands.last }
  var path: [String] { commands.map(\.name) }
  /// As it is typed: `sluice tenants add`.
  var title: String { ([program.name] + path).joined(separator: " ") }

  var abstract: String { command?.abstract ?? program.abstract }
  var discussion: String { command?.discussion ?? program.discussion }
  var subcommands: [CommandSpec] { command?.subcommands ?? program.commands }
  var arguments: [ArgumentSpec] { command?.arguments ?? [] }
  var examples: [Example] { command?.examples ?? program.examples }
  var exitCodes: [(Int32, String)] { command?.exitCodes ?? program.exitCodes }
  var needsSubcommand: Bool { !subcommands.isEmpty && !(command?.runsAlone ?? false) }

  /// The options of this verb and of the verbs above it.
  var ownOptions: [OptionSpec] { commands.reversed().flatMap(\.options) }
  /// All that is understood here, the built-in ones last.
  var allOptions: [OptionSpec] { ownOptions + globalOptions }
  var globalOptions: [OptionSpec] {
    program.globalOptions + [.help] + (commands.isEmpty ? [.version] : [])
  }

  /// All that a listing shows.
  var visibleOptions: [OptionSpec] { allOptions.filter { !$0.isHidden } }
  var visibleSubcommands: [CommandSpec] { subcommands.filter { !$0.isHidden } }

  /// The option spelled `--name` or `-n` here.
  func option(spelled text: String) -> OptionSpec? {
    allOptions.first { $0.spellings.contains(text) }
  }

  func descending(to name: String) -> CommandLevel? {
    subcommands.first { $0.name == name }.map { CommandLevel(program, commands + [$0]) }
  }

  /// This level and all below it, parents first.
  func tree(includingHidden: Bool = false) -> [CommandLevel] {
    let below = includingHidden ? subcommands : visibleSubcommands
    return [self]
      + below.flatMap {
        CommandLevel(program, commands + [$0]).tree(includingHidden: includingHidden)
      }
  }

  /// Visible subcommands under their headings, in the order in which headings first appear.
  var groups: [(heading: String, commands: [CommandSpec])] {
    var groups: [(heading: String, commands: [CommandSpec])] = []
    for command in visibleSubcommands {
      let heading = command.group.isEmpty ? "Commands" : command.group
      if let index = groups.firstIndex(where: { $0.heading == heading }) {
        groups[index].commands.append(command)
      } else {
        groups.append((heading, [command]))
      }
    }
    return groups
  }

  /// The usage line, without "Usage:": `sluice promote --ticket ID [options] PLAN`.
  var usage: String {
    var words = [title]
    for option in ownOptions where option.isRequired && !option.isHidden {
      words.append("--\(option.name) \(option.valueName ?? "")")
    }
    if !subcommands.isEmpty { words.append(needsSubcommand ? "COMMAND" : "[COMMAND]") }
    words.append("[options]")
    for argument in arguments {
      let name = argument.name + (argument.isRepeatable ? "..." : "")
      words.append(argument.isRequired ? name : "[\(name)]")
    }
    return words.joined(separator: " ")
  }
}
