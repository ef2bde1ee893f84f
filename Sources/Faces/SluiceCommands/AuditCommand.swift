import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluiceLedger
import SluiceStatus

/// `sluice audit log`: what changed, when, by whom.
enum AuditCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "audit", abstract: "Read the ledger.", group: "Watch",
      subcommands: [
        CommandSpec(
          "log", abstract: "Show the ledger's lines, checked against their chain.",
          discussion:
            "Evidence lines are many; they are shown with --all. With --json every line comes as "
            + "it stands in the file.",
          options: [
            OptionSpec(
              "promotion", valueName: "ID", help: "only the lines of one promotion"),
            OptionSpec("all", help: "evidence and intents too"),
          ],
          examples: [
            Example("sluice audit log", "what was done, oldest first"),
            Example("sluice audit log --json --all", "every line, for jq"),
          ])
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let reading = try await LedgerReading.load(fleet.writer)
    let wanted = command.value("promotion")
    let showsAll = command.flag("all")
    let entries = reading.entries.filter { entry in
      (wanted == nil || entry.promotion == wanted) && (showsAll || entry.isDeed)
    }
    if terminal.isJSON {
      for entry in entries { terminal.data(try CanonicalJSON.encode(entry).canonicalText + "\n") }
    } else {
      let lines =
        AuditView.lines(entries, of: fleet, style: terminal.style)
        + ["\(reading.entries.count) lines, chain intact", AuditView.head(reading)]
      terminal.data(lines.map { $0 + "\n" }.joined())
    }
    // With a controller at work it may be a line that is being written.
    if reading.tornBytes > 0, reading.holder == nil {
      terminal.message(
        "\(Style.escaped(fleet.writer.ledger)):\(reading.entries.count + 1): half a line, "
          + "\(reading.tornBytes) bytes: a write was cut off.\n"
          + "It counts for nothing; the next controller puts it into a file of its own.\n")
    }
    return .done
  }
}

enum AuditView {
  /// Kept elsewhere, it shows later whether a line up to it was changed: a chain that somebody computed
  /// anew to its end has another.
  static func head(_ reading: LedgerReading) -> String {
    "head of line \(reading.entries.count): \(reading.head)"
  }

  static func lines(_ entries: [LedgerEntry], of fleet: Fleet, style: Style) -> [String] {
    var table = TextTable(["time", "actor", "account", "what", "release", "canary", "ticket"])
    for entry in entries {
      table.add([
        StyledText(String(entry.timestamp.prefix(19)).replacing("T", with: " "), .faint),
        StyledText(entry.actor), StyledText(entry.account ?? "", .faint),
        StyledText(entry.kind.rawValue, entry.severity.tone),
        StyledText("\(entry.from) → \(entry.to)"),
        StyledText(
          entry.canaryShare(in: fleet).map { "\(Wording.tenths($0)) %" } ?? ""),
        StyledText(entry.ticket),
      ])
    }
    return table.lines(style: style)
  }
}
