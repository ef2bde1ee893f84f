import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

/// `sluice tenants`: the tenants' fragments in the writer's checkout and on the gateways.
enum TenantsCommand {
  private static let hosts = ArgumentSpec(
    "HOST", help: "only these hosts (default: all gateways)", isRequired: false, isRepeatable: true)
  private static let tenant = ArgumentSpec("TENANT", help: "the tenant's name")

  static let verb = Verb(
    spec: CommandSpec(
      "tenants", abstract: "List, check, compare and pin the tenants' fragments.", group: "Watch",
      subcommands: [
        CommandSpec(
          "list", abstract: "List the tenants, their links, and how the gateways have them.",
          arguments: [hosts],
          examples: [Example("sluice tenants list", "see who uses next, and where it is mirrored")],
          exitCodes: [(ExitCode.error.rawValue, "a host does not answer")]),
        CommandSpec(
          "lint", abstract: "Show every fault of every fragment, with file, line and remedy.",
          discussion:
            "Reads the fragments of the writer's checkout and of the gateways. What looks like a "
            + "secret is a fault, and is not printed.",
          arguments: [hosts],
          examples: [Example("sluice tenants lint", "see what would stop a promotion")],
          exitCodes: [
            (ExitCode.done.rawValue, "no fragment has a fault"),
            (ExitCode.error.rawValue, "a fragment has a fault, or a host does not answer"),
          ]),
        CommandSpec(
          "diff", abstract: "Name the fragments that differ between the writer and the gateways.",
          arguments: [ArgumentSpec("TENANT", help: "only this tenant", isRequired: false)],
          examples: [
            Example("sluice tenants diff", "compare before a promotion"),
            Example("sluice tenants diff acme", "compare one tenant"),
          ],
          exitCodes: [
            (ExitCode.done.rawValue, "every gateway has the writer's fragments"),
            (ExitCode.changesPending.rawValue, "a gateway has other fragments"),
            (ExitCode.error.rawValue, "a host does not answer"),
          ]),
        CommandSpec(
          "effective",
          abstract: "Show the merged fragments of a tenant, and where each value stands.",
          arguments: [tenant],
          examples: [Example("sluice tenants effective acme", "see what acme may use, and why")]),
        CommandSpec(
          "pin", abstract: "Point a tenant to next: write 10-canary.yaml in the writer's checkout.",
          discussion:
            "Changes the checkout and commits nothing. A later fragment that says current "
            + "would win, so the command refuses it.",
          arguments: [tenant],
          examples: [Example("sluice tenants pin acme", "let acme use the new skills first")]),
        CommandSpec(
          "unpin", abstract: "Remove the fragment that pin wrote; the tenant uses current again.",
          arguments: [tenant],
          examples: [Example("sluice tenants unpin acme", "let acme use what all others use")]),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    switch command.path.last {
    case "effective", "pin", "unpin":
      try change(command, fleet, WriterTenants(infra: fleet.writer.infra), terminal)
      return .done
    default: return try await compare(command, fleet, terminal)
    }
  }

  private static func change(
    _ command: ParsedCommand, _ fleet: Fleet, _ writer: WriterTenants, _ terminal: Terminal
  ) throws {
    let tenant = command.argument("TENANT") ?? ""
    switch command.path.last {
    case "pin", "unpin":
      let change = command.path.last == "pin" ? try writer.pin(tenant) : try writer.unpin(tenant)
      let view = TenantChangeView(change, fleet: fleet)
      terminal.show(view.lines, json: view.document)
    default:
      let boundary = try writer.boundary(of: tenant)
      terminal.show(
        TenantBoundaryView(boundary, of: tenant).lines(
          width: terminal.width, style: terminal.style),
        json: boundary.document(of: tenant))
    }
  }

  private static func compare(
    _ command: ParsedCommand, _ fleet: Fleet, _ terminal: Terminal
  ) async throws -> ExitCode {
    let isDiff = command.path.last == "diff"
    let found = try await FleetTenants.take(fleet, hosts: isDiff ? [] : command.hosts(of: fleet))
    let view = TenantsView(found, width: terminal.width, style: terminal.style)
    switch command.path.last {
    case "lint":
      try terminal.show(view.lint, json: try found.faults())
      return found.isSound && found.silent.isEmpty ? .done : .error
    case "diff":
      let tenant = command.argument("TENANT")
      if let tenant, !found.tenants.contains(tenant) {
        throw PortError(
          .refused, "neither the writer nor a gateway that answers has such a tenant",
          remedy: "See the tenants:  sluice tenants list")
      }
      terminal.show(view.diff(of: tenant), json: found.comparison(of: tenant))
      guard found.silent.isEmpty else { return .error }
      return found.differences(of: tenant).isEmpty ? .done : .changesPending
    default:
      terminal.show(view.list, json: found.listing())
      return found.silent.isEmpty ? .done : .error
    }
  }
}
