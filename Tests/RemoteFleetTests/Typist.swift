import SluiceCore
import SluiceLedger
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceRehearsal

/// The person of `docs/first-promotion.md`: types a command of the page in the writer's checkout, and does
/// what the page leaves to a person before and after the command.
final class Typist {
  private let fleet: RemoteFleet
  private let bin: String
  private var load: RemoteLoad?
  private var promotion: ProcessIdentity?

  init(_ fleet: RemoteFleet) throws {
    self.fleet = fleet
    bin = fleet.home("bin")
    try Files.makeDirectory(bin)
    try Files.makeLink("\(bin)/sluice", to: "\(products)/sluice")
  }

  private var writer: Machine { fleet.writer }
  private var fleetFile: String { "\(writer.infra)/sluice.yaml" }
  private var environment: [String: String] {
    InfraRepository.environment.merging([
      "PATH": "\(bin):/usr/bin:/bin:/usr/sbin:/sbin", "USER": "root", "NO_COLOR": "1",
    ]) { $1 }
  }

  /// - Parameter time: how often the page has had this command, with this one.
  func type(_ command: String, time: Int) async throws {
    switch command {
    case "sluice init": try await answerInit()
    case let line where line.hasPrefix("sluice init --host"):
      // The options answer in place of the person who has just answered.
      try Files.removeFile(fleetFile)
      var line = line
      for (name, machine) in fleet.machines {
        line = line.replacing("ops@\(name).example", with: "\(name)=root@\(machine.address)")
      }
      try await run(line)
      let draft = try Files.readText(fleetFile)
      for machine in fleet.machines.values { #expect(draft.contains(machine.address), "\(draft)") }
      // A person fills in what no host showed: this fleet's OpenClaw stands in no usual place.
      try Disk.write(fleetFile, fleet.description)
      try Disk.write(fleet.fleetFile, fleet.description)
    case "sluice hosts install": try await install(command)
    case "sluice adopt" where time == 2:
      for name in RemoteFleet.names { try await fleet.machine(name.rawValue).restartGateway() }
      for name in RemoteFleet.names { try await fleet.awaitReady(name) }
      let said = try await run(command, codes: [0, 2])
      #expect(said.components(of: "proven   the process reports").count == 4, "\(said)")
    case let line where line.hasPrefix("sluice plan"): try await run(command, codes: [2])
    case "sluice check": try await run(command, codes: [1])
    case "sluice adopt":
      let said = try await run(command, codes: [1])
      try await takeSteps(from: said)
    case "sluice lock --openclaw 2026.9.6": try await run(command)
    case "sluice lock":
      load = try RemoteLoad.start(on: fleet)
      try fleet.writeSkills(.good, in: writer.infra)
      try await run(command)
    case let line where line.hasPrefix("sluice promote"):
      promotion = try writer.start(
        "promote", "/bin/sh", shell(command), environment: environment)
      try await fleet.until("it has begun") { !$0.phase.isTerminal }
    case "sluice status --watch": try await watch(command)
    case "sluice resume":
      try await run(command)
      try await awaitPromotion()
    case "sluice rollback":
      let said = try await run(command)
      #expect(said.contains("ROLLED BACK, verified on 3 of 3 hosts   v1.4.1"), "\(said)")
    default: try await run(command)
    }
  }

  /// What the whole page leads to.
  func finish() async throws {
    await load?.stop()
    guard case .concluded(.rolledBack)? = try await fleet.promotion()?.phase else {
      Issue.record("\(try await run("sluice status"))")
      return
    }
    for (name, machine) in fleet.machines {
      #expect(try await machine.current() == SkillPack.current.version, "\(name)")
    }
  }

  private func shell(_ command: String) -> [String] {
    ["-c", "cd \"$1\" && \(command)", "sh", writer.infra]
  }

  @discardableResult
  private func run(_ command: String, codes: Set<Int32> = [0], input: String = "") async throws
    -> String
  {
    var process = fleet.network.command(
      on: writer.number, home: writer.home, "/bin/sh", shell(command), environment: environment,
      deadline: .seconds(180))
    process.input = Array(input.utf8)
    let outcome = try await Processes.run(process)
    let said = outcome.outputText + outcome.errorText
    let isExpected = codes.contains { outcome.termination == .exited($0) }
    try #require(isExpected, "\(command): \(outcome.termination)\n\(said)")
    return said
  }

  /// A terminal of its own asks, and each line answers one question.
  private func answerInit() async throws {
    let hosts = RemoteFleet.names.compactMap { name in
      fleet.machines[name].map { "\(name)=root@\($0.address)" }
    }
    let gateways = RemoteFleet.names.compactMap { fleet.machines[$0]?.gateway }
    let answers =
      ["remote", hosts.joined(separator: " "), "mac-a", "\(writer.address):8080"] + gateways
    let said = try await run(
      "script --quiet --return --command 'sluice init' /dev/null",
      input: answers.map { $0 + "\n" }.joined())
    #expect(said.contains("Next:  sluice hosts install --dry-run"), "\(said)")
  }

  /// The hosts have no service manager: the command says how to start the agent, and is typed again.
  private func install(_ command: String) async throws {
    var accepting = command
    for machine in fleet.machines.values {
      let shown = try await Processes.run(
        ProcessCommand(
          try requireTool("ssh-keygen"), ["-lf", "\(machine.home)/ssh_host.pub"], environment: [:]))
      let fingerprint = try #require(shown.outputText.split(separator: " ").dropFirst().first)
      accepting += " --accept-fingerprint \(fingerprint)"
    }
    let first = try await run(accepting, codes: [1])
    for (name, machine) in fleet.machines {
      let agent = "\(machine.state)/bin/sluice"
      let arguments = ["agent", "--fleet", "\(machine.state)/sluice.yaml", "--host", name.rawValue]
      let start = ([agent] + arguments).joined(separator: " ")
      #expect(first.contains("Start the agent by your own means, as root:  \(start)"), "\(first)")
      _ = try machine.start("agent", agent, arguments)
    }
    // The agent answers before its first probe; the clients of the probe wait for that one.
    for name in RemoteFleet.names { try await awaitSocket(name) }
    let second = try await run(command)
    #expect(second.components(of: "the agent answers the writer").count == 4, "\(second)")
  }

  /// Types on each host what the command left for it: `on mac-a:  git …`.
  private func takeSteps(from said: String) async throws {
    var count = 0
    for line in said.split(separator: "\n") {
      guard let match = line.firstMatch(of: /on (mac-[abc]):  (.+)$/) else { continue }
      let machine = try fleet.machine(String(match.1))
      try await machine.run("/bin/sh", "-c", String(match.2), environment: environment)
      count += 1
    }
    #expect(count == 6, "a fetch and a checkout on each host: \(said)")
  }

  private func awaitSocket(_ name: HostName) async throws {
    let machine = try fleet.machine(name.rawValue)
    let isThere = await eventually { (try? Files.status(of: machine.socket)) != nil }
    try #require(isThere, "the agent of \(name) does not listen")
  }

  private func watch(_ command: String) async throws {
    let process = try writer.start("watch", "/bin/sh", shell(command), environment: environment)
    let shows = await eventually {
      (try? Files.readText("\(writer.home)/watch.log"))?.contains("v1.4.2") ?? false
    }
    #expect(shows, "status --watch shows no promotion")
    try Processes.signal(process, 9)
    _ = await Processes.waitForExit(process, deadline: .seconds(10))
  }

  private func awaitPromotion() async throws {
    try await fleet.until("it ends") { $0.phase.isTerminal }
    #expect(try await fleet.promotion()?.phase == .concluded(.completed))
    if let promotion {
      #expect(await Processes.waitForExit(promotion, deadline: .seconds(30)))
    }
    let said = try Files.readText("\(writer.home)/promote.log")
    #expect(said.contains("COMPLETED   v1.4.2 on 3 of 3 hosts"), "\(said)")
    for (name, machine) in fleet.machines {
      #expect(try await machine.current() == SkillPack.good.version, "\(name)")
    }
  }
}

extension String {
  /// The parts between the places where a text stands.
  fileprivate func components(of text: String) -> [Substring] {
    split(separator: text, omittingEmptySubsequences: false)
  }
}
