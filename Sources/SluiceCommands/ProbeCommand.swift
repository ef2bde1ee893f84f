import SluiceArguments
import SluiceCore
import SluiceDaemon
import SluiceJSON
import SluicePorts
import SluiceSystem

/// `sluice probe`: the merged probe of each host, as its agent has it.
enum ProbeCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "probe", abstract: "Ask every gateway's agent how it is.",
      discussion:
        "With --accept what Doctor finds on the hosts now becomes the accepted findings: from then "
        + "on only new ones count.",
      group: "Watch",
      arguments: [
        ArgumentSpec(
          "HOST", help: "only these hosts", isRequired: false, isRepeatable: true)
      ],
      options: [OptionSpec("accept", help: "take what Doctor finds now as good")],
      examples: [
        Example("sluice probe", "all hosts"),
        Example("sluice probe mac-a --accept", "its findings of today are no news tomorrow"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "every host is ok or degraded"),
        (ExitCode.error.rawValue, "a host fails, or does not answer"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let wanted = command.arguments("HOST").map { HostName($0) }
    for host in wanted where fleet.host(host) == nil {
      throw PortError(
        .refused, "sluice.yaml names no host \(host)",
        remedy: "It names: " + fleet.hosts.map(\.name.rawValue).joined(separator: ", "))
    }
    let services = try FleetServices(fleet)
    let links = services.links.filter { wanted.isEmpty || wanted.contains($0.key) }
    if command.flag("accept") { try await accept(links, fleet, terminal) }
    let look = await FleetLook.take(links, deadline: .seconds(10))
    let view = ProbeView(look)
    try terminal.show(view.lines(style: terminal.style), json: try view.json())
    return view.isWell ? .done : .error
  }

  private static func accept(
    _ links: [HostName: any HostLink], _ fleet: Fleet, _ terminal: Terminal
  ) async throws {
    let reading = try await LedgerReading.load(fleet.writer)
    let chance = Randomness.hexadecimal(bytes: 6)
    let answers = await Ask(links).all(
      .acceptFindings, id: { OperationID(rawValue: "accept-\(chance)/\($0)") },
      epoch: reading.replay.epoch, .seconds(60))
    for (host, answer) in answers.sorted(by: { $0.key < $1.key }) {
      switch answer {
      case .success(.accepted(let count)):
        terminal.message("\(host): \(count) findings are accepted.\n")
      case .success: throw PortError(.failed, "\(host) answered something else")
      case .failure(let error): throw error
      }
    }
  }
}

/// Probes side by side.
struct ProbeView {
  private let answers: [(host: HostName, answer: Result<MergedProbe, PortError>)]

  init(_ look: FleetLook) {
    answers = look.answers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  var isWell: Bool {
    answers.allSatisfy {
      if case .success(let probe) = $0.answer { probe.status != .fail } else { false }
    }
  }

  func lines(style: Style) -> [String] {
    answers.flatMap { host, answer in
      HostView(host: host, arm: nil, answer: answer).tree.lines(style: style)
    }
  }

  func json() throws -> JSONValue {
    var hosts: [String: JSONValue] = [:]
    for (host, answer) in answers {
      switch answer {
      case .success(let probe): hosts[host.rawValue] = try CanonicalJSON.encode(probe)
      case .failure(let error): hosts[host.rawValue] = ["error": .string(error.message)]
      }
    }
    return ["schema": "sluice.probes/1", "hosts": .object(hosts)]
  }
}
