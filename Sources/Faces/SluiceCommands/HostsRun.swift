import SluiceArguments
import SluiceController
import SluiceCore
import SluiceInstall
import SluicePorts

/// One run of `sluice hosts`, and its lines.
struct HostsRun {
  private let installation: HostInstallation
  private let purpose: InstallPlan.Purpose
  private let isDry: Bool
  private let accepted: [String]
  private let terminal: Terminal

  init(
    _ installation: HostInstallation, purpose: InstallPlan.Purpose, isDry: Bool,
    accepted: [String], _ terminal: Terminal
  ) {
    self.installation = installation
    self.purpose = purpose
    self.isDry = isDry
    self.accepted = accepted
    self.terminal = terminal
  }

  /// Hosts one after another; their looks all at once. An upgrade ends at the first host that fails.
  func perform(_ hosts: [HostSpec]) async throws -> ExitCode {
    if !isDry { try await installation.requireNoPromotion() }
    if purpose == .install, installation.needsIdentity(hosts) { try await identity() }
    let prepared = await installation.prepare(hosts)
    var isWhole = true
    for host in hosts {
      say("\n\(host.name)", .strong)
      let isDone = await perform(host, prepared[host.name])
      isWhole = isWhole && isDone
      if !isDone, purpose == .upgrade {
        say("The other hosts keep their version.", .plain)
        break
      }
    }
    if isDry { return .done }
    if isWhole, purpose == .install {
      say("\nNext:  sluice check", .plain)
    } else if !isWhole {
      say("\nType the same command again when that is done: nothing is done twice.", .plain)
    }
    return isWhole ? .done : .error
  }

  private func say(_ text: String, _ tone: Tone) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for line in lines { terminal.message(terminal.style.paint(String(line), tone) + "\n") }
  }

  private func line(_ word: String, _ tone: Tone, _ text: String) {
    let space = String(repeating: " ", count: max(1, 9 - word.count))
    terminal.message("  \(terminal.style.paint(word, tone))\(space)\(Style.escaped(text))\n")
  }

  private func identity() async throws {
    guard let missing = try installation.missingIdentity() else { return }
    say("\nthe writer", .strong)
    if isDry { return line("would", .accent, "make the writer's key \(missing)") }
    try await installation.makeIdentity()
    line("done", .good, "made the writer's key \(missing)")
  }

  private func perform(
    _ host: HostSpec, _ prepared: Result<HostInstallation.Prepared, PortError>?
  ) async -> Bool {
    do throws(PortError) {
      guard let prepared = try prepared?.get() else { return false }
      if purpose == .install, try await !hostKey(of: host) { return false }
      if let version = prepared.sight.version, version != SluiceVersion.text {
        say("  Sluice \(version) is there, and this is \(SluiceVersion.text).", .plain)
      }
      if isDry {
        for step in prepared.plan.steps { show(step) }
        if purpose == .install, installation.needsIdentity([host]),
          try installation.missingIdentity() != nil
        {
          line("would", .accent, "let the writer's key run sluice node, and nothing else")
        }
        return true
      }
      let isDone = await prepared.run.perform(
        before: { step in show(step) }, after: { step, outcome in show(step, outcome) })
      guard isDone else { return false }
      if purpose == .uninstall {
        try installation.forgetKey(of: host)
        return true
      }
      try await installation.prove(host)
      line("done", .good, "the agent answers the writer")
      return true
    } catch {
      line("failed", .bad, error.message)
      if let remedy = error.remedy { line("", .plain, remedy) }
      return false
    }
  }

  // MARK: Host keys

  /// Whether the host's key is recorded now. A new key needs a person, or its fingerprint as option.
  private func hostKey(of host: HostSpec) async throws(PortError) -> Bool {
    guard let key = try await installation.unrecordedKey(of: host) else { return true }
    line("look", .accent, "host key of \(host.name): \(key.kind) \(key.fingerprint)")
    if isDry {
      line("would", .accent, "record the host key when you accept its fingerprint")
      return true
    }
    if !accepted.contains(key.fingerprint) {
      let answer = await terminal.ask(
        "  Is that the key of \(host.name)? At the host:  ssh-keygen -lf "
          + "/etc/ssh/ssh_host_ed25519_key.pub   [y/N] ")
      guard let answer, ["y", "yes"].contains(answer.lowercased()) else {
        throw PortError(
          .refused, "the host key of \(host.name) is not accepted, and nothing was done there",
          remedy: "Compare the fingerprint at the host, then:  sluice hosts install \(host.name) "
            + "--accept-fingerprint \(key.fingerprint)")
      }
    }
    try installation.record(key, of: host)
    line("done", .good, "recorded the host key")
    return true
  }

  // MARK: Steps

  private func show(_ step: InstallStep) {
    switch step.plan {
    case .done: line("done", .good, "already: \(step.title)")
    case .blocked(let reason, let remedy):
      line("blocked", .bad, "\(step.title): \(reason)")
      line("", .plain, remedy)
    case .work(let work):
      line(isDry ? "would" : "now", .accent, step.title)
      if let reason = work.needsRoot {
        line("", .plain, "needs root: \(reason). By hand:  \(work.byHand)")
      }
      for text in work.shown?.split(separator: "\n") ?? [] { say("         | \(text)", .faint) }
    }
  }

  private func show(_ step: InstallStep, _ outcome: InstallRun.Outcome) {
    switch outcome {
    case .alreadyDone: line("done", .good, "already: \(step.title)")
    case .done: line("done", .good, step.title)
    case .byHand(let reason, let commands):
      line("by hand", .warning, "\(step.title): \(reason). Type on the host:")
      line("", .plain, commands)
    case .failed(let reason, let remedy):
      line("failed", .bad, "\(step.title): \(reason)")
      line("", .plain, remedy)
    }
  }
}
