import SluiceCore
import SluiceCrypto
import SluicePorts

/// The steps that bring Sluice to one host, or take it away, as a value.
public struct InstallPlan: Sendable {
  public enum Purpose: Sendable, Hashable { case install, upgrade, uninstall }

  public let place: AgentPlace
  public let steps: [InstallStep]
  /// Whether the account that answered may act as root.
  let hasRoot: Bool

  /// The facts that all hosts share.
  public struct Shared: Sendable {
    let purpose: Purpose
    public let scope: AgentUnit.Scope
    let program: ProgramImage
    /// The bytes of `sluice.yaml`.
    let fleet: [UInt8]

    public init(
      purpose: Purpose, scope: AgentUnit.Scope, program: ProgramImage, fleet: [UInt8]
    ) {
      self.purpose = purpose
      self.scope = scope
      self.program = program
      self.fleet = fleet
    }
  }

  /// - Parameter line: the wanted line of `authorized_keys`; nil: the host needs none.
  public init(_ shared: Shared, place: AgentPlace, line: String?, sight: InstallSight) {
    self.place = place
    hasRoot = sight.hasRoot
    let planner = StepPlanner(shared: shared, place: place, line: line, sight: sight)
    switch shared.purpose {
    case .install:
      let files = [planner.directory, planner.program, planner.fleet]
      let keys = line == nil ? [] : [planner.key]
      steps = files + keys + planner.service(after: files)
    case .upgrade:
      let files = [planner.program, planner.fleet]
      steps = sight.program == nil ? [planner.notInstalled] : files + planner.service(after: files)
    case .uninstall:
      steps =
        [planner.removedService] + (line == nil ? [] : [planner.removedKey])
        + [planner.removedFiles]
    }
  }

  public var isDone: Bool {
    steps.allSatisfy { step in
      guard case .done = step.plan else { return false }
      return true
    }
  }
}

/// Plans single steps.
private struct StepPlanner {
  let shared: InstallPlan.Shared
  let place: AgentPlace
  let line: String?
  let sight: InstallSight

  private var state: String { shellWord(place.state) }

  var directory: InstallStep {
    let title = "make the agent's directory \(place.state)"
    switch sight.state {
    case .own: return InstallStep(.directory, title, .done)
    case .foreign:
      return InstallStep(
        .directory, title,
        .blocked(
          "\(place.state) is not \(sight.user)'s",
          remedy: "See what is in it, then:  sudo chown \(sight.user) \(place.state)"))
    case .missing: break
    }
    let above = shellWord(SluiceInstall.above(place.state))
    let root =
      sight.canMakeState ? nil : "\(SluiceInstall.above(place.state)) is not \(sight.user)'s"
    let prefix = root == nil ? "" : "as_root "
    let owner = root == nil ? "" : "\n\(prefix)chown -h \(sight.user) \(state)"
    return InstallStep(
      .directory, title,
      .work(
        InstallWork(
          "umask 022\n\(prefix)mkdir -p \(above)\n\(prefix)mkdir -m 700 \(state)\(owner)",
          needsRoot: root,
          byHand: "sudo mkdir -p \(above) && sudo install -d -m 0700 -o \(sight.user) \(state)")))
  }

  var program: InstallStep {
    let image = shared.program
    let title = "copy the program to \(place.program)"
    if sight.program == image.digest { return InstallStep(.program, title, .done) }
    if let platform = image.platform, platform != sight.platform {
      return InstallStep(
        .program, title,
        .blocked(
          "the host is \(sight.platform), and this program runs on \(platform)",
          remedy: "Build Sluice on a machine of that kind, and name the file:  --program FILE"))
    }
    let script = """
      umask 077
      mkdir -p \(state)/bin
      cd \(state)/bin
      cat > .sluice.new
      if [ "$(sum .sluice.new)" != \(image.digest) ]; then
        echo 'the copy is not whole' >&2; rm -f .sluice.new; exit 1
      fi
      chmod 755 .sluice.new
      if ! ./.sluice.new --version >/dev/null </dev/null; then
        echo 'the program does not start on this host' >&2; rm -f .sluice.new; exit 1
      fi
      mv -f .sluice.new sluice
      """
    return InstallStep(
      .program, title,
      .work(
        InstallWork(
          script, input: image.bytes, byHand: "scp the program to \(place.program), mode 0755")))
  }

  var fleet: InstallStep {
    let digest = SHA256Digest.hex(shared.fleet)
    let title = "copy sluice.yaml to \(place.fleet)"
    if sight.fleet == digest { return InstallStep(.fleet, title, .done) }
    let script = """
      umask 077
      cd \(state)
      cat > .sluice.yaml.new
      if [ "$(sum .sluice.yaml.new)" != \(digest) ]; then
        echo 'the copy is not whole' >&2; rm -f .sluice.yaml.new; exit 1
      fi
      mv -f .sluice.yaml.new sluice.yaml
      """
    return InstallStep(
      .fleet, title,
      .work(
        InstallWork(
          script, input: shared.fleet, byHand: "scp sluice.yaml to \(place.fleet), mode 0600")))
  }

  var key: InstallStep {
    let line = line ?? ""
    let title = "let the writer's key run sluice node, and nothing else"
    switch sight.key {
    case .exact: return InstallStep(.key, title, .done)
    case .foreign:
      return InstallStep(
        .key, title,
        .blocked(
          "the writer's key already opens more on this host, by a line of authorized_keys that "
            + "Sluice did not write",
          remedy: "Give the writer a key of its own as writer.identity, or remove that line."))
    case .ours, .absent: break
    }
    let add = "printf '%s\\n' \(shellWord(line)) >> \"$keys.sluice\""
    return InstallStep(
      .key, title,
      .work(
        InstallWork(
          keyScript(add: add), shown: line,
          byHand: "echo \(shellWord(line)) >> ~/.ssh/authorized_keys")))
  }

  /// Writes `authorized_keys` anew without Sluice's own lines of this key. Every other line stays.
  private func keyScript(add: String) -> String {
    """
    umask 077
    mkdir -p "$HOME/.ssh"
    keys="$HOME/.ssh/authorized_keys"
    if [ -L "$keys" ]; then echo "$keys is a link: edit its target by hand" >&2; exit 1; fi
    [ -e "$keys" ] || : > "$keys"
    awk -v body=\(shellWord(line.map(AuthorizedLine.body) ?? "")) \\
      '!(index($0, body) && $0 ~ /\(AuthorizedLine.ending)$/)' "$keys" > "$keys.sluice"
    \(add)
    mv -f "$keys.sluice" "$keys"
    """
  }

  /// - Parameter files: the steps before; the agent is started anew where one of them changes it.
  func service(after files: [InstallStep]) -> [InstallStep] {
    guard let manager = sight.manager else {
      let command =
        "\(place.program) agent --fleet \(place.fleet) --host \(place.host)"
      let isSettled = sight.isRunning && !files.contains(where: \.isWork)
      let verb = sight.isRunning ? "Start the agent anew" : "Start the agent"
      return [
        InstallStep(
          .service, "start the agent as a service",
          isSettled
            ? .done
            : .blocked(
              "the host has neither launchd nor systemd",
              remedy: "\(verb) by your own means, as \(sight.user):  \(command)"))
      ]
    }
    let unit = unit(manager)
    let work = UnitWork(unit: unit)
    let isEqual = sight.unit == SHA256Digest.hex(Array(unit.text.utf8))
    let restart = "start the agent: \(unit.path)"
    guard isEqual else {
      return [
        InstallStep(.unit, "check the service definition", .work(work.checking)),
        InstallStep(
          .service, "install the service definition, and \(restart)", .work(work.starting)),
      ]
    }
    let isSettled = sight.isRunning && !files.contains(where: \.isWork)
    return [InstallStep(.service, restart, isSettled ? .done : .work(work.starting))]
  }

  private func unit(_ manager: AgentUnit.Manager) -> AgentUnit {
    AgentUnit(
      manager: manager, scope: shared.scope, place: place, account: sight.user,
      accountNumber: sight.userNumber, home: sight.home)
  }

  var notInstalled: InstallStep {
    InstallStep(
      .program, "copy the program to \(place.program)",
      .blocked("Sluice is not installed there", remedy: "Install it:  sluice hosts install"))
  }

  var removedService: InstallStep {
    let title = "stop the agent, and remove its service definition"
    guard let manager = sight.manager, sight.unit != nil || sight.isRunning else {
      return InstallStep(.service, title, .done)
    }
    return InstallStep(.service, title, .work(UnitWork(unit: unit(manager)).removing))
  }

  var removedKey: InstallStep {
    let title = "remove the writer's line from authorized_keys"
    guard sight.key == .exact || sight.key == .ours else { return InstallStep(.key, title, .done) }
    return InstallStep(
      .key, title,
      .work(InstallWork(keyScript(add: ":"), byHand: "remove the line from ~/.ssh/authorized_keys"))
    )
  }

  var removedFiles: InstallStep {
    let title = "remove program and sluice.yaml; the agent's records in \(place.state) stay"
    guard sight.program != nil || sight.fleet != nil else {
      return InstallStep(.files, title, .done)
    }
    let files = "\(shellWord(place.program)) \(shellWord(place.fleet))"
    return InstallStep(
      .files, title, .work(InstallWork("rm -f \(files)", byHand: "rm -f \(files)")))
  }
}

/// The directory that holds a path.
func above(_ path: String) -> String {
  let parts = path.pathParts.dropLast()
  return "/" + parts.joined(separator: "/")
}
