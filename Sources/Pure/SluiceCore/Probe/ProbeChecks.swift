/// The parts of a merged probe, judged separately. A reason says what happened, where, and what to
/// do.
struct ProbeChecks {
  let inputs: ProbeInputs
  let policy: ProbePolicy

  typealias Reason = MergedProbe.Reason

  var all: [Reason] {
    release() + skillsOnDisk() + gateway() + skillsInProcess() + openclaw() + doctor() + queues()
      + model() + digest()
  }

  private func fail(_ check: String, _ message: String, tenant: String? = nil) -> [Reason] {
    [Reason(check: check, level: .fail, message: message, tenant: tenant)]
  }

  /// A fault that contradicts the lock or harms clients: see `MergedProbe.Reason.isHard`.
  private func hardFailure(
    _ check: String, _ message: String, tenant: String? = nil
  ) -> [Reason] {
    [Reason(check: check, level: .fail, message: message, tenant: tenant, isHard: true)]
  }

  private func degraded(_ check: String, _ message: String, tenant: String? = nil) -> [Reason] {
    [Reason(check: check, level: .degraded, message: message, tenant: tenant)]
  }

  // MARK: Disk

  private func release() -> [Reason] {
    let place = inputs.paths.infra
    switch inputs.disk.infra {
    case .unseen(let fault):
      let message = "\(place) cannot be read: \(fault). Look at it with git status."
      return inputs.held == nil ? fail("release", message) : degraded("release", message)
    case .seen(let infra):
      guard let held = inputs.held else {
        if infra.lock != nil { return [] }
        return fail(
          "release",
          "\(place) has no openclaw.lock that can be read, so nothing says what \(inputs.host) "
            + "shall run. Check out a release's tag there.")
      }
      guard infra.lockDigest != held.lockDigest else { return [] }
      let message =
        "\(place) is not at \(held.tag), to which \(inputs.host) is held: its openclaw.lock is "
        + "\(infra.lockDigest?.short ?? "missing"), the release's \(held.lockDigest.short). "
        + "Check out \(held.tag) there, or swing the host to the release that it shall run."
      let isSameWork =
        infra.lock?.skills == held.lock.skills && infra.lock?.openclaw == held.lock.openclaw
      return isSameWork ? degraded("release", message) : hardFailure("release", message)
    }
  }

  /// A version or tree mismatch is `fail`, whatever else is ok.
  private func skillsOnDisk() -> [Reason] {
    let current = "\(inputs.paths.skills)/current"
    guard let lock = inputs.lock else { return [] }
    guard case .seen(let links) = inputs.disk.links else {
      return fail("skills", "\(current) cannot be read: \(inputs.disk.links.fault ?? "")")
    }
    guard let resolved = links.current else {
      return hardFailure(
        "skills",
        "\(current) is missing or names no slice; the lock says \(lock.skills.version). "
          + "Place the release and swing the host to it.")
    }
    guard resolved == lock.skills.version else {
      return hardFailure(
        "skills",
        "\(current) names \(resolved), the lock says \(lock.skills.version). Swing the host to "
          + "its release; do not move the link by hand.")
    }
    return tree(resolved, lock) + next(links)
  }

  /// `next` serves no client, so a promotion holds and no gateway is taken out.
  private func next(_ links: Links) -> [Reason] {
    guard let fault = links.nextFault else { return [] }
    return degraded(
      "skills",
      "\(fault). It serves nobody; the next placing on \(inputs.host) points it at a slice.")
  }

  private func tree(_ resolved: String, _ lock: ReleaseLock) -> [Reason] {
    let place = "\(inputs.paths.skills)/\(resolved)"
    guard case .seen(let slice) = inputs.disk.slice else {
      return fail(
        "skills", "\(place) cannot be hashed: \(inputs.disk.slice.fault ?? "")")
    }
    if let fault = slice.fault {
      return hardFailure("skills", "the slice \(place) is not sound: \(fault)")
    }
    guard slice.version == resolved, slice.tree == lock.skills.tree else {
      return hardFailure(
        "skills",
        "the tree of \(place) hashes to \(slice.tree.short), the lock says "
          + "\(lock.skills.tree.short): it was altered on disk. Go back to another release, "
          + "remove the slice and place it again.")
    }
    return []
  }

  var treeIsSound: Bool {
    guard let lock = inputs.lock, let slice = inputs.disk.slice.value else { return false }
    return slice.fault == nil && slice.tree == lock.skills.tree
      && slice.version == inputs.disk.links.value?.current
  }

  // MARK: Process

  /// Nil before the first answer.
  var serving: MergedProbe.Serving? {
    guard inputs.process.isSeen else { return nil }
    let accepted = inputs.acceptedComponents
    guard inputs.process.readiness.isReady(besides: accepted) else { return .init(ready: false) }
    guard case .started(let failing) = inputs.process.readiness else { return .init(ready: true) }
    return .init(ready: true, tolerated: failing.sorted())
  }

  private func gateway() -> [Reason] {
    let host = inputs.host
    switch inputs.process.readiness {
    case .down(let why): return fail("gateway", "the gateway of \(host) does not answer: \(why)")
    case .starting(let why): return fail("gateway", "the gateway of \(host) is starting: \(why)")
    case .draining:
      return fail("gateway", "the gateway of \(host) is draining: it admits nothing new")
    case .unintelligible(let what):
      return fail(
        "gateway",
        "what answers at the gateway's address on \(host) is not OpenClaw: \(what). Look what "
          + "listens there.")
    case .started(let failing):
      let news = failing.filter { !inputs.acceptedComponents.contains($0) }
      guard news.isEmpty else {
        return fail(
          "gateway",
          "the gateway of \(host) has started, but is not ready: \(news.joined(separator: ", "))")
      }
    }
    if let fault = inputs.process.identity.fault {
      return fail("gateway", "the gateway of \(host) does not say who it is: \(fault)")
    }
    switch inputs.process.behindBalancer {
    case .seen(nil): return []
    case .seen(let fault?):
      return hardFailure(
        "gateway",
        "a request as the balancer sends it is refused on \(host): \(fault). See "
          + "gateway.trustedProxies in OpenClaw's configuration.")
    case .unseen(let why):
      return degraded(
        "gateway", "whether requests of the balancer are served on \(host) is not known: \(why)")
    }
  }

  /// The running process's marker decides. If the process reports no marker, only a start after the
  /// link moved counts.
  private func skillsInProcess() -> [Reason] {
    guard let lock = inputs.lock, let identity = inputs.process.identity.value else { return [] }
    let expected = Marker(version: lock.skills.version, tree: lock.skills.tree)
    let remedy = "Swing the host to its release: a restart makes the link real."
    guard let marker = identity.marker else {
      guard let moved = inputs.disk.linkMovedAtMilliseconds else {
        return fail(
          "skills",
          "the process on \(inputs.host) reports no release, and when its link moved is not "
            + "known. \(remedy)")
      }
      guard identity.startedAtMilliseconds < moved else { return [] }
      return hardFailure(
        "skills",
        "the process on \(inputs.host) reports no release and is older than its link (started "
          + "\(Timestamp.text(identity.startedAtMilliseconds)), link moved "
          + "\(Timestamp.text(moved))). \(remedy)")
    }
    if marker == expected { return packLoaded() }
    if marker.version != expected.version {
      return hardFailure(
        "skills",
        "the process on \(inputs.host) runs skills \(marker.version), the lock says "
          + "\(expected.version). \(remedy)")
    }
    return hardFailure(
      "skills",
      "the process on \(inputs.host) runs another tree of \(marker.version) (\(marker.tree.short)) "
        + "than the lock says (\(expected.tree.short)). \(remedy)")
  }

  private func packLoaded() -> [Reason] {
    guard case .seen(let skills) = inputs.process.skills else {
      return degraded(
        "skills",
        "which skills the process on \(inputs.host) has loaded is not known: "
          + (inputs.process.skills.fault ?? ""))
    }
    let faults = PackProof(pack: inputs.disk.pack, loaded: skills).faults
    guard let first = faults.first else { return [] }
    let more = faults.count > 1 ? " And \(faults.count - 1) more of the pack." : ""
    return degraded("skills", "on \(inputs.host) \(first)\(more)")
  }

  private func openclaw() -> [Reason] {
    guard let lock = inputs.lock, let identity = inputs.process.identity.value,
      identity.version != lock.openclaw.version
    else { return [] }
    return hardFailure(
      "openclaw",
      "the process on \(inputs.host) is OpenClaw \(identity.version), the lock says "
        + "\(lock.openclaw.version). Install that build, or lock the one that runs.")
  }

  // MARK: Doctor, queues, digest

  private func doctor() -> [Reason] {
    guard !inputs.doctor.isEmpty else {
      return fail("doctor", "Doctor has not been heard on \(inputs.host) yet")
    }
    return inputs.doctor.sorted { $0.key < $1.key }.flatMap { doctor($0.key, $0.value) }
  }

  private func doctor(_ tenant: String, _ doctor: ProbeInputs.Doctor) -> [Reason] {
    let name = tenant == ProbeInputs.wholeGateway ? nil : tenant
    guard case .seen(let report) = doctor.report else {
      return fail(
        "doctor", "Doctor gave no answer on \(inputs.host): \(doctor.report.fault ?? "")",
        tenant: name)
    }
    if doctor.ageMilliseconds > policy.doctorMaximumAgeMilliseconds {
      return fail(
        "doctor",
        "Doctor's last answer on \(inputs.host) is older than "
          + "\(policy.doctorMaximumAgeMilliseconds / 1_000) s. Run openclaw doctor --lint there.",
        tenant: name)
    }
    // A quiet tenant's findings stand in the probe and are no reason.
    guard isBusy(tenant) else { return [] }
    let fresh = Self.newFindings(report, doctor.accepted)
    return fresh.flatMap { finding in
      let message =
        "new \(finding.severity.rawValue) \(finding.check): \(Self.sentence(finding.message)) "
        + "Mend it, or take it as good by accepting the findings."
      return finding.severity == .error
        ? hardFailure("doctor", message, tenant: name) : degraded("doctor", message, tenant: name)
    }
  }

  /// The text with exactly one full stop, whether or not Doctor wrote one.
  private static func sentence(_ text: String) -> String {
    var text = text[...]
    while text.last == "." { text = text.dropLast() }
    return "\(text)."
  }

  static func newFindings(
    _ report: DoctorReport, _ accepted: [DoctorFinding]
  ) -> [DoctorFinding] {
    report.weighty.filter { !$0.isAccepted(by: accepted) }
  }

  private func isBusy(_ tenant: String) -> Bool {
    guard tenant != ProbeInputs.wholeGateway, let word = inputs.word else { return true }
    return word.busy.names.contains(tenant)
  }

  /// The tenants of Doctor's answer, judged or not.
  var traffic: MergedProbe.Traffic {
    let tenants = inputs.doctor.keys.filter { $0 != ProbeInputs.wholeGateway }.sorted()
    return MergedProbe.Traffic(
      toldAt: inputs.word.map { Timestamp.text($0.atMilliseconds) },
      intervalMilliseconds: inputs.word?.busy.withinMilliseconds,
      busy: tenants.filter(isBusy), quiet: tenants.filter { !isBusy($0) })
  }

  private func queues() -> [Reason] {
    switch inputs.process.queueDepth {
    case .seen(let depth) where depth > policy.queueLimit:
      return fail(
        "queues",
        "\(depth) operations wait in the gateway of \(inputs.host), at most \(policy.queueLimit) "
          + "may. Give it less traffic, or find what blocks its lanes.")
    case .seen: return []
    case .unseen(let why):
      // For a gateway that does not answer, another reason already says so.
      guard inputs.process.readiness.isReady(besides: inputs.acceptedComponents) else { return [] }
      return degraded("queues", "the queues of \(inputs.host) are not known: \(why)")
    }
  }

  /// The reason appears seconds after a model begins to fail; the callers get the error after a
  /// minute.
  private func model() -> [Reason] {
    guard let retries = inputs.process.retries, retries.areMany else { return [] }
    return degraded(
      "model",
      "the model of \(inputs.host) had to be asked again \(retries.retries) times in the last "
        + "minute, in which \(retries.runs) runs began: it begins to fail. See the gateway's log, "
        + "and its provider.")
  }

  /// A partner's failure is no fault of the release: it holds a ramp and does nothing else.
  private func digest() -> [Reason] {
    switch inputs.digest {
    case .seen(let report) where report.state == .failing:
      return degraded(
        "digest",
        "webhook deliveries fail on \(inputs.host) (\(report.rows) rows). See its digest.")
    case .seen: return []
    case .unseen(let why):
      return degraded("digest", "the webhook digest of \(inputs.host) is not known: \(why)")
    }
  }
}
