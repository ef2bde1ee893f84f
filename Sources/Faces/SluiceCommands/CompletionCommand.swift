import SluiceArguments

/// `sluice completion`: prints a shell's completion script, or the manual page.
enum CompletionCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "completion", abstract: "Print a shell's completion script, or the manual page.",
      group: "Begin",
      arguments: [
        ArgumentSpec(
          "shell", help: "the shell, or man for the manual page",
          choices: Shell.allCases.map(\.rawValue) + ["man"])
      ],
      examples: [
        Example(
          "sluice completion zsh",
          "print the script; source it, or put it into a directory of $fpath")
      ])
  ) { command, terminal in
    let wanted = command.argument("shell") ?? ""
    if let shell = Shell(rawValue: wanted) {
      terminal.data(CommandLineProgram.spec.completionScript(for: shell))
    } else {
      terminal.data(CommandLineProgram.spec.manualPage(date: "2026-11-24"))
    }
    return .done
  }
}
