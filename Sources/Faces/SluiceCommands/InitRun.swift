import SluiceArguments
import SluiceController
import SluiceCore
import SluiceInstall
import SluicePorts

/// One run of `sluice init`: the options, then the questions, the look, and the last questions.
struct InitRun {
  private let command: ParsedCommand
  private let terminal: Terminal

  init(_ command: ParsedCommand, _ terminal: Terminal) {
    self.command = command
    self.terminal = terminal
  }

  struct Setup {
    let draft: FleetDraft

    /// The remaining work, and the next command to type.
    func closing(_ path: String) -> String {
      let flag = path == FleetLoader.defaultPath ? "" : " --fleet \(path)"
      var text = "\nWrote \(Style.escaped(path)).\n"
      if !draft.gaps.isEmpty {
        text += "Look for \(FleetDraft.mark) in it: \(draft.gaps.count) keys need a person:\n"
        text += draft.gaps.map { "  \(Style.escaped($0))\n" }.joined()
      }
      return text + "Next:  sluice hosts install --dry-run\(flag)\n"
    }
  }

  func run() async throws -> Setup {
    var interview = Interview()
    try await ask(&interview)
    for given in command.values("gateway") {
      let name = given.prefix { $0 != "=" }
      guard given.contains("="), interview.hosts.contains(where: { $0.name.rawValue == name })
      else {
        throw command.usageError(
          "--gateway \(Style.escaped(given)) names no host of the fleet",
          remedy: "Write HOST=ADDRESS with one of: "
            + interview.hosts.map(\.name.rawValue).joined(separator: ", "))
      }
    }
    var writer: FirstLook?
    var routes: [HostName: SSHRoute] = [:]
    if command.flag("no-look") {
      interview.learn([:])
    } else {
      let here = InitHost(name: HostName("this-machine"), ssh: nil)
      writer = await HostShells.look(at: [here]) { _, _ in }[here.name]?.look
      for host in interview.hosts {
        guard let ssh = host.ssh else { continue }
        routes[host.name] = await HostShells.route(to: ssh)
      }
      terminal.message("\nLooking at \(interview.hosts.count) hosts over ssh.\n")
      let terminal = terminal
      interview.learn(
        await HostShells.look(at: interview.hosts) { host, result in
          terminal.message("  \(host): \(Style.escaped(result.words))\n")
        })
    }
    try await ask(&interview)
    return Setup(draft: FleetDraft(interview, routes: routes, writer: writer))
  }

  /// Asks until the interview has no question at present.
  private func ask(_ interview: inout Interview) async throws {
    while let question = interview.next {
      if let given = given(question) {
        if let complaint = interview.answer(question, given) {
          throw command.usageError(complaint.text, remedy: "Write the option anew.")
        }
        continue
      }
      let suggestion = interview.suggestion(for: question)
      guard terminal.canAsk else {
        guard let suggestion, interview.answer(question, suggestion) == nil else {
          throw command.usageError(
            "no option says: \(interview.text(of: question))",
            remedy: "Add --host for every gateway.")
        }
        continue
      }
      let hint = suggestion.map { " [\($0)]" } ?? ""
      guard
        let line = await terminal.ask(
          "\(interview.text(of: question))\(Style.escaped(hint)): ")
      else {
        throw PortError(
          .refused, "the answers ended before the last question, and nothing was written",
          remedy: "Begin again:  sluice init")
      }
      if let complaint = interview.answer(question, line) {
        terminal.message("  \(Style.escaped(complaint.text))\n")
      }
    }
  }

  /// The answer that an option holds.
  private func given(_ question: Interview.Question) -> String? {
    switch question {
    case .fleet: return command.value("name")
    case .hosts:
      let hosts = command.values("host")
      return hosts.isEmpty ? nil : hosts.joined(separator: " ")
    case .canary: return command.value("canary")
    case .balancer: return command.value("balancer")
    case .gateway(let host):
      let start = "\(host)="
      return command.values("gateway").last { $0.hasPrefix(start) }
        .map { String($0.dropFirst(start.count)) }
    }
  }
}

extension LookResult {
  /// A host's answers, in one line.
  var words: String {
    switch self {
    case .unseen(let reason): reason
    case .seen(let look):
      [
        look.openclaw.map { "OpenClaw \(look.openclawVersion ?? "") at \($0)" } ?? "no OpenClaw",
        look.services.isEmpty ? "no service" : "\(look.services.count) service(s)",
        look.listeners.first.map { "listens at \($0)" } ?? "no listener seen",
      ].joined(separator: ", ")
    }
  }
}
