import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluiceLedger
import SluiceStatus

/// `sluice audit log`: shows what changed, when, and who changed it.
enum AuditCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "audit", abstract: "Read the ledger.", group: "Watch",
      subcommands: [
        CommandSpec(
          "log", abstract: "Show the ledger's lines, and check their chain.",
          discussion:
            "Without --all the command leaves out evidence and intents, which are most lines. With "
            + "--json it prints every line as the file has it. Times are UTC. Keep the head "
            + "elsewhere: it shows later whether the ledger was changed.",
          options: [
            OptionSpec(
              "promotion", valueName: "ID", help: "show only the lines of this promotion"),
            OptionSpec("all", help: "show evidence and intents, too"),
          ],
          examples: [
            Example("sluice audit log", "show what was done, oldest first"),
            Example("sluice audit log --json --all", "print every line, for jq"),
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
        AuditView.lines(entries, of: fleet, width: terminal.width, style: terminal.style)
        + ["\(reading.entries.count) lines, chain intact", AuditView.head(reading)]
      terminal.data(lines.map { $0 + "\n" }.joined())
    }
    // A controller at work may be writing that line.
    if reading.tornBytes > 0, reading.holder == nil {
      terminal.complain(
        "\(fleet.writer.ledger):\(reading.entries.count + 1): the last line is incomplete, "
          + "\(reading.tornBytes) bytes: a write was cut off",
        remedy: "Do nothing: Sluice ignores that line, and the next controller moves it to a file "
          + "of its own.")
    }
    return .done
  }
}

enum AuditView {
  /// The hash of the last line. A copy of the head elsewhere shows later whether a line before it was
  /// changed: a chain that was computed again has another head.
  static func head(_ reading: LedgerReading) -> String {
    "head of line \(reading.entries.count): \(reading.head)"
  }

  /// A row with the day stands before the first line of each day.
  static func lines(
    _ entries: [LedgerEntry], of fleet: Fleet, width: Int = TerminalSize.widest, style: Style
  ) -> [String] {
    var table = TextTable(["UTC", "by", "what", "release", "canary", "ticket"])
    var day = ""
    for entry in entries {
      if entry.timestamp.prefix(10) != day {
        day = String(entry.timestamp.prefix(10))
        table.add([StyledText(day, .faint)])
      }
      table.add([
        StyledText(String(entry.timestamp.dropFirst(11).prefix(8)), .faint),
        StyledText(person(entry)), StyledText(entry.kind.rawValue, entry.severity.tone),
        StyledText(release(entry)),
        StyledText(entry.canaryShare(in: fleet).map { "\(Wording.tenths($0)) %" } ?? ""),
        StyledText(entry.ticket),
      ])
    }
    return table.lines(width: width, style: style)
  }

  /// Lines of an adoption have no release before.
  private static func release(_ entry: LedgerEntry) -> String {
    entry.from.isEmpty || entry.to.isEmpty ? entry.to : "\(entry.from) → \(entry.to)"
  }

  /// The actor; with the account where the account has another name.
  private static func person(_ entry: LedgerEntry) -> String {
    guard let account = entry.account else { return entry.actor }
    let isSame = account == entry.actor || account.hasPrefix("\(entry.actor) (")
    return isSame ? account : "\(entry.actor), account \(account)"
  }
}
