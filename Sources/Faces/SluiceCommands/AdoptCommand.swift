import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus

/// `sluice adopt`: takes over a fleet that was run by hand.
enum AdoptCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "adopt", abstract: "Read a fleet that was run by hand, and archive its first good state.",
      discussion:
        "Compares every host with one release: the release of most gateways' checkouts, or of the "
        + "writer's checkout. Shows where the hosts differ, by what each gateway is known to run the "
        + "release, and the commands that are left to type. --place has the hosts place the release's "
        + "slice; a slice that was placed by hand and hashes to the lock gets its marker. --archive "
        + "keeps the good state beside the ledger. No link, process or share moves, and none will "
        + "before the first promote; status says so.",
      group: "Begin",
      options: [
        OptionSpec("place", help: "place the release's slice where it or its marker is missing"),
        OptionSpec("archive", help: "archive the good state, once every gateway proves it"),
        Options.actor, Options.reason,
      ],
      examples: [
        Example("sluice adopt", "show how the hosts differ, and what is left to do"),
        Example("sluice adopt --place --reason \"first day\"", "bring the marker to every host"),
        Example("sluice adopt --archive --reason \"taken over\"", "archive the good state"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "the good state is archived, or the slices were placed"),
        (ExitCode.changesPending.rawValue, "every gateway proves the release; archive it"),
        (ExitCode.error.rawValue, "a gateway does not prove the release, or does not answer"),
        (ExitCode.frozen.rawValue, "a controller holds the ledger"),
      ])
  ) { command, terminal in
    let services = try FleetServices(try command.fleet())
    let (places, archives) = (command.flag("place"), command.flag("archive"))
    guard !(places && archives) else {
      throw command.usageError(
        "--place and --archive are two steps",
        remedy: "Place first. Archive once every gateway proves the release:  sluice adopt")
    }
    let reason = command.value("reason") ?? ""
    if places || archives, reason.isEmpty {
      throw command.usageError(
        "an adoption needs a reason, which the ledger keeps",
        remedy: "Add  --reason \"why this is good\"")
    }
    var adoption = try await FleetAdoption.take(services)
    var did: String?
    if places {
      let hosts = adoption.hostsToPlace
      try await adoption.place(services, actor: command.actor, reason: reason)
      did =
        hosts.isEmpty
        ? "Nothing to place: no host has placing as its next step."
        : "Placed on \(hosts.map(\.rawValue).joined(separator: ", "))."
      adoption = try await FleetAdoption.take(services)
    } else if archives {
      let isNew = try await adoption.archive(services, actor: command.actor, reason: reason)
      did = isNew ? "Archived as last good." : nil
      adoption = try await FleetAdoption.take(services)
    }
    terminal.show(
      AdoptionView(adoption, did: did).lines(width: terminal.width, style: terminal.style),
      json: adoption.json)
    if places || adoption.isArchived { return .done }
    return adoption.snapshot == nil ? .error : .changesPending
  }
}
