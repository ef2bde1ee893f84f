import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts

/// `sluice probe`: the merged probe of each host, as its agent has it.
enum ProbeCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "probe", abstract: "Ask every gateway's agent how it is.",
      discussion:
        "Doctor's findings are compared with those that were accepted; sluice accept shows the new "
        + "ones, and archives what is taken as good.",
      group: "Watch",
      arguments: [
        ArgumentSpec(
          "HOST", help: "only these hosts", isRequired: false, isRepeatable: true)
      ],
      examples: [
        Example("sluice probe", "all hosts"),
        Example("sluice probe mac-a", "one host"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "every host is ok or degraded"),
        (ExitCode.error.rawValue, "a host fails, or does not answer"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let wanted = try command.hosts(of: fleet)
    let services = try FleetServices(fleet)
    let links = services.links.filter { wanted.isEmpty || wanted.contains($0.key) }
    let look = await FleetLook.take(links, deadline: .seconds(10))
    let view = ProbeView(look)
    try terminal.show(view.lines(style: terminal.style), json: try view.json())
    return view.isWell ? .done : .error
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
