/// The steps of one gateway from its state to the state that its process proves: checkout, slice,
/// link, process.
struct AdoptionSteps {
  let host: HostSpec
  let survey: HostSurvey
  let release: Release
  /// The slice of the release's version.
  let slice: HostSurvey.Slice?

  typealias Step = HostAdoption.Step

  var all: [Step] {
    let disk = checkout + self.slices
    let link = isSound ? self.link : []
    let process = disk.isEmpty && link.isEmpty ? self.process : []
    return disk + link + process
  }

  private var skills: ReleaseLock.Skills { release.lock.skills }
  private var place: String { "\(host.paths.skills)/\(skills.version)" }
  private var current: String { "\(host.paths.skills)/current" }
  private var isSound: Bool { slice?.fault == nil && slice?.tree == skills.tree }

  // MARK: Checkout

  private var checkout: [Step] {
    let infra = host.paths.infra
    if let first = survey.infra.dirty.first {
      return [
        Step(
          action: .checkOut, place: .host, why: "\(infra) differs from its commit: \(first)",
          commands: [command("git", "-C", infra, "status")])
      ]
    }
    guard survey.infra.commit != release.commit || survey.infra.lockDigest != release.lockDigest
    else { return [] }
    guard let commit = survey.infra.commit else {
      return [
        Step(
          action: .checkOut, place: .host, why: "\(infra) is no checkout of the infra repository",
          commands: [command("git", "clone") + " URL " + Self.word(infra)])
      ]
    }
    return [
      Step(
        action: .checkOut, place: .host,
        why: "\(infra) is at \(commit.prefix(12)), \(release.tag) is "
          + "\(release.commit.prefix(12))",
        commands: [
          command("git", "-C", infra, "fetch", "origin", "tag", release.tag),
          command("git", "-C", infra, "checkout", release.tag),
        ])
    ]
  }

  // MARK: Slice

  private var slices: [Step] {
    guard !isSound else { return [] }
    guard let slice else { return [placing("\(place) is missing")] }
    if slice.unmarked == skills.tree {
      return [placing("\(place) hashes to the lock, and lacks the marker")]
    }
    guard let fault = slice.fault, slice.unmarked == nil else { return [otherTree(slice)] }
    return [
      Step(
        action: .moveAway, place: .host,
        why: "\(place) is not sound: \(fault). It is placed anew once it is away",
        commands: [command("sudo", "mv", place, "\(place).by-hand")])
    ]
  }

  private func placing(_ why: String) -> Step {
    Step(
      action: .place, place: .writer, why: why,
      commands: ["sluice adopt --place --reason \"…\""])
  }

  /// Nobody but a person can know which of the two trees is the good one.
  private func otherTree(_ slice: HostSurvey.Slice) -> Step {
    let tree = slice.unmarked ?? slice.tree
    return Step(
      action: .moveAway, place: .host,
      why: "\(place) hashes to \(tree.short), the lock says \(skills.tree.short). To keep what the "
        + "lock says, move it away; to keep what is here, commit its files to the infra repository, "
        + "lock, and tag that",
      commands: [command("sudo", "mv", place, "\(place).by-hand")])
  }

  // MARK: Link

  private var link: [Step] {
    if let fault = survey.links.currentFault {
      return [
        Step(
          action: .link, place: .host, why: fault,
          commands: [
            command("sudo", "mv", current, "\(current).by-hand"),
            command("sudo", "ln", "-s", place, current),
          ])
      ]
    }
    guard survey.links.current != skills.version else { return [] }
    return [
      Step(
        action: .link, place: .host,
        why: "\(current) names \(survey.links.current ?? "nothing"), not \(skills.version)",
        commands: [command("sudo", "ln", "-sfn", place, current)])
    ]
  }

  // MARK: Process

  private var process: [Step] {
    guard let gateway = survey.gateway else {
      return [
        Step(
          action: .mend, place: .writer, why: "the gateway does not answer",
          commands: ["sluice check \(host.name)"])
      ]
    }
    let build = release.lock.openclaw.version
    guard gateway.version == build else {
      return [
        Step(
          action: .build, place: .host,
          why: "the process is OpenClaw \(gateway.version), the lock says \(build). Start that "
            + "build, or lock the build that runs", commands: [])
      ]
    }
    guard gateway.marker != release.marker else { return [] }
    let runs = gateway.marker.map { "release \($0.version), tree \($0.tree.short)" }
    return [
      Step(
        action: .restart, place: .host,
        why: "the process reports \(runs ?? "no release"). A restart loads \(current); the restart "
          + "ends the sessions of this gateway. Where the process still reports no release, its "
          + "skills.load.extraDirs does not name \(current)",
        commands: restart)
    ]
  }

  private var restart: [String] {
    switch host.openclaw.service {
    case .launchd(let domain, let label, _):
      let kick = command("launchctl", "kickstart", "-k", "\(domain)/\(label)")
      return [domain == "system" ? "sudo \(kick)" : kick]
    case .systemd(let unit): return [command("sudo", "systemctl", "restart", unit)]
    case .process: return []
    }
  }

  // MARK: Commands

  private func command(_ words: String...) -> String { words.map(Self.word).joined(separator: " ") }

  /// A word that a shell takes as one.
  private static func word(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "/._-:@%+=,".utf8.contains($0)
    }
    return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
  }
}
