import SluiceCore
import SluicePorts

// The answers of a host.

extension HostModel {
  /// Nil: nothing answers on the host.
  mutating func answer(_ question: HostQuestion, at now: Int64) -> HostAnswer? {
    guard agentRuns else { return nil }
    switch question {
    case .outcome(let id):
      if let motion, motion.id == id {
        return .outcome(
          OperationRecord(id: id, epoch: motion.epoch, state: .running, report: nil, failure: nil))
      }
      return .outcome(records[id]?.record)
    case .probe, .attend:
      if case .attend(let asking, _) = question, asking >= epoch { deadMan.lastWord = now }
      defer { tire() }
      var probe = probe(at: now)
      probe.deadMan = deadMan.last
      return .probe(probe)
    // The simulated world itself reads the run logs.
    case .runs(let cursor): return .runs(RunPage([], after: cursor, limit: 500))
    case .findings: return .findings(FindingsReport(findings: findings, accepted: accepted))
    // A simulated host keeps nothing for ever.
    case .inventory: return .inventory([])
    case .tenants: return .tenants(FragmentSurvey())
    case .check:
      return .checked(
        HostCheck(
          host: name, sluiceVersion: "simulated", profile: nil, answers: [], timings: .init()))
    case .survey(let release):
      defer { tire() }
      return .survey(survey(at: now, of: release))
    }
  }

  /// Counts down how often the probe repeats a forced answer.
  private mutating func tire() {
    guard let (status, looks, isHard) = troubles.said else { return }
    troubles.said = looks > 1 ? (status, looks - 1, isHard) : nil
    if troubles.said == nil {
      effects.append((.fault("\(name) says what it sees again"), Epoch(0)))
    }
  }

  var identity: GatewayIdentity {
    GatewayIdentity(
      version: openclaw.running, buildID: nil, bootID: "\(name)-boot-\(boots)",
      pid: pid, startedAtMilliseconds: Int64(boots) + clockOffset, marker: loaded)
  }

  private mutating func survey(at now: Int64, of release: Release?) -> HostSurvey {
    HostSurvey(
      host: name, sluiceVersion: "simulated", epoch: epoch,
      infra: .init(
        commit: checkout.value.commit, lockDigest: checkout.value.lockDigest,
        lock: checkout.value.lock, dirty: []),
      slices: slices.sorted { $0.key < $1.key }.map {
        .init(version: $0.key, tree: $0.value, fault: nil)
      },
      links: links, tenants: expected.value.lock.tenants,
      gateway: serves ? identity : nil, probe: probe(at: now),
      diskFreeBytes: troubles.diskIsFull ? 0 : 1 << 34, diskTotalBytes: 1 << 38,
      busyWith: motion?.id, builds: openclaw.survey, placing: release.map(placing))
  }

  private func placing(_ release: Release) -> PlacingSurvey {
    PlacingSurvey(
      tag: release.tag,
      tagCommit: troubles.tagIsMoved ? String(release.commit.reversed()) + "0" : nil,
      remote: "origin",
      rooms: [
        .init(
          path: "/sim/\(name)", freeBytes: troubles.diskIsFull ? 0 : 1 << 34, copies: 3,
          holdsState: true)
      ])
  }

  /// The merged probe as the agent has it: a stale one turns into `fail` once it is too old.
  mutating func probe(at now: Int64) -> MergedProbe {
    guard let (probe, takenAt) = troubles.stale else { return freshProbe }
    var stale = probe.value
    stale.ageMilliseconds = now - takenAt
    guard now - takenAt > maximumAge else { return stale }
    stale.status = .fail
    stale.reasons.append(
      .init(check: "age", level: .fail, message: "the answer is \(now - takenAt) ms old"))
    return stale
  }

  var isSound: Bool {
    serves && loaded == expected.value.marker
      && links.current == loaded.version
      && slices[loaded.version] == expected.value.lock.skills.tree
      && openclaw.running == expected.value.lock.openclaw.version
  }

  /// Whether a session would be served: by the gateway itself, whatever its probe says of it.
  var serves: Bool { isAlive && !troubles.isHung }

  private var status: MergedProbe.Status {
    guard isSound, troubles.doctor == nil else { return .fail }
    return troubles.said?.status ?? .ok
  }

  /// Whether the probe of this moment fails for what was seen, and not for what could not be asked.
  private var isHard: Bool {
    guard status == .fail, serves else { return false }
    return !isSound || troubles.doctor == .red || troubles.said?.isHard == true
  }

  /// The same of the probe that its agent gives out, which may be another one; false without a
  /// word.
  mutating func isKnownToFailHard(at now: Int64) -> Bool {
    guard agentRuns else { return false }
    guard let (probe, takenAt) = troubles.stale else { return isHard }
    return now - takenAt <= maximumAge && probe.value.reasons.contains(where: \.isHard)
  }

  /// The present probe, made once for all queries that see the same state.
  private mutating func takeProbe() -> Boxed<MergedProbe> {
    let subject = ProbeSubject(
      release: ObjectIdentifier(expected), loaded: loaded, links: links, boots: boots,
      build: openclaw.running, status: status, isHard: isHard, answers: serves,
      treeIsSound: slices[loaded.version] == expected.value.lock.skills.tree)
    if let lastProbe, lastProbe.of == subject { return lastProbe.probe }
    let probe = Boxed(probe(of: subject))
    lastProbe = (subject, probe)
    return probe
  }

  var freshProbe: MergedProbe { mutating get { takeProbe().value } }

  private mutating func probe(of subject: ProbeSubject) -> MergedProbe {
    let status = subject.status
    let release = expected.value
    let fingerprint = fingerprint(status)
    return MergedProbe(
      status: status,
      reasons: status == .ok
        ? [] : [complaint(status, isHard: subject.isHard)],
      release: .init(tag: release.tag, lockDigest: release.lockDigest),
      skills: .init(
        resolved: links.current, version: subject.answers ? loaded.version : nil,
        locked: release.lock.skills.version, treeIsSound: subject.treeIsSound),
      openclaw: .init(
        version: subject.build, locked: release.lock.openclaw.version,
        pid: pid, bootID: subject.answers ? "\(name)-boot-\(boots)" : nil, startedAt: nil),
      doctor: ["*": .init(status: .green, findings: 3, accepted: 3)],
      queues: .init(depth: 0, limit: 8), digest: .init(status: .clean, rows: 0),
      probeDigest: fingerprint,
      fingerprint: fingerprint, observedAt: "2026-11-24T00:00:00.000Z",
      ageMilliseconds: 0)
  }

  private mutating func fingerprint(_ status: MergedProbe.Status) -> Digest {
    let state = StableState(
      tag: expected.value.tag, loaded: loaded, current: links.current, status: status)
    if let known = fingerprints.first(where: { $0.of == state }) { return known.digest }
    let digest = Digest(
      standingFor: "\(state.tag) \(loaded.description) \(state.current ?? "-") \(status)")
    fingerprints.append((state, digest))
    return digest
  }

  private func complaint(_ status: MergedProbe.Status, isHard: Bool) -> MergedProbe.Reason {
    func reason(_ check: String, _ message: String) -> MergedProbe.Reason {
      .init(check: check, level: status, message: message, isHard: isHard)
    }
    if !serves { return reason("gateway", "the gateway does not answer") }
    if loaded != expected.value.marker {
      return reason("skills", "the process runs \(loaded.version)")
    }
    if openclaw.running != expected.value.lock.openclaw.version {
      return reason("openclaw", "the process is OpenClaw \(openclaw.running)")
    }
    if !isSound { return reason("skills", "the tree on disk is not what the lock says") }
    let isSilent = status == .fail && !isHard
    return reason("doctor", isSilent ? "Doctor gave no answer" : "Doctor found something")
  }

  /// The host as seen from outside.
  mutating func takeFacts() -> HostFacts {
    let probe = takeProbe()
    return HostFacts(
      version: loaded.version, links: links,
      // A probe that cries wolf says nothing about the host.
      fingerprint: troubles.said == nil && troubles.doctor == nil
        ? probe.value.fingerprint : fingerprint(isSound ? .ok : .fail),
      status: probe.value.status, isAlive: serves, isWarm: isWarm,
      build: openclaw.running, schemas: openclaw.state.schemas,
      configuration: openclaw.configuration, isSound: isSound)
  }

  // MARK: What a fault does to it

  mutating func say(_ status: MergedProbe.Status, looks: Int, isHard: Bool) {
    troubles.said = (status, looks, isHard)
  }

  mutating func freezeProbe(at now: Int64) { troubles.stale = (Boxed(freshProbe), now) }

  mutating func crash() {
    isAlive = false
    isWarm = false
  }

  /// Restarts the gateway without a warm-up.
  mutating func restart(inPlace: Bool) { boot(newProcess: !inPlace) }

  mutating func moveByHand(to release: Release) {
    guard slices[release.lock.skills.version] != nil else { return }
    links.current = release.lock.skills.version
    boot(newProcess: true)
  }

  mutating func alter(_ version: String) {
    guard slices[version] != nil else { return }
    slices[version] = Digest(of: Array("altered \(version)".utf8))
  }

  /// Ends every fault that can be repaired, and starts what does not run.
  mutating func heal() {
    troubles = Troubles()
    agentRuns = true
    slices = placed
    if !isAlive { boot(newProcess: true) }
  }
}

extension Digest {
  /// Equal for equal texts, and cheap: the FNV-1a hash, four times over. A simulated world needs no
  /// protection against forged texts.
  fileprivate init(standingFor text: String) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: hash >> UInt64(8 * $0)) }
    self.init(hash: bytes + bytes + bytes + bytes)
  }
}

/// The subject of a fingerprint.
struct StableState: Sendable, Equatable {
  var tag: String
  var loaded: Marker
  var current: String?
  var status: MergedProbe.Status
}

/// The subject of a probe: two probes of equal subjects say the same.
struct ProbeSubject: Sendable, Equatable {
  var release: ObjectIdentifier
  var loaded: Marker
  var links: Links
  var boots: Int
  var build: String
  var status: MergedProbe.Status
  var isHard: Bool
  var answers: Bool
  var treeIsSound: Bool
}
