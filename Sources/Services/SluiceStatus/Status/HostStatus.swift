import SluiceCore
import SluicePorts

/// How one host stands: by its agent's word now, or by the ledger where it was not asked.
public struct HostStatus: Sendable, Hashable {
  /// The answer of a host's own probe.
  public struct Word: Sendable, Hashable {
    public let status: MergedProbe.Status
    /// `1.4.2`, or `no release`.
    public let release: String
    /// When its gateway started: the time of day, or the day when it was not today by the probe's
    /// clock.
    public let boot: String
    public let doctor: String
    public let queue: String
    public let fingerprint: Digest
  }

  public enum Sight: Sendable, Hashable {
    case says(Word)
    /// The host did not answer: why.
    case silent(String)
    /// The host was not asked: the ledger's last word about it.
    case remembered(status: String, runs: String)
  }

  /// A check that is not as it should be, or what else there is to say of the host.
  public struct Remark: Sendable, Hashable {
    public let severity: Severity
    /// Nil: the text stands alone.
    public let subject: String?
    public let text: String

    init(_ severity: Severity, _ subject: String, _ text: String) {
      self.severity = severity
      self.subject = subject
      self.text = text
    }

    init(_ severity: Severity, _ text: String) {
      self.severity = severity
      subject = nil
      self.text = text
    }
  }

  public let host: HostName
  public let arm: Arm?
  public let severity: Severity
  public let sight: Sight
  public let remarks: [Remark]

  /// By the answer of its agent.
  ///
  /// - Parameters:
  ///   - version: where the agent is another version of Sluice than the writer.
  ///   - notes: what is known of it beside its probe.
  public init(
    _ host: HostName, arm: Arm?, answer: Result<MergedProbe, PortError>,
    version: VersionDifference? = nil, notes: [Remark] = []
  ) {
    let notes = notes + (version.map { [Remark(.warning, "sluice", $0.sentence)] } ?? [])
    self.host = host
    self.arm = arm
    switch answer {
    case .success(let probe):
      severity = Self.severity(of: probe.status)
      sight = .says(Word(probe))
      remarks =
        notes + Self.deadMan(probe) + probe.reasons.map(Self.remark) + Self.rollback(probe)
        + Self.traffic(probe)
    case .failure(let error):
      severity = .bad
      sight = .silent(error.message)
      remarks = error.remedy.map { notes + [Remark(.plain, $0)] } ?? notes
    }
  }

  /// By the ledger alone.
  init(_ spec: HostSpec, of promotion: Promotion, notes: [Remark]) {
    host = spec.name
    arm = spec.arm
    let state = promotion.hosts[spec.name]
    let watch = promotion.watch?.hosts[spec.name]
    severity = watch?.status == .fail || state?.fault != nil ? .bad : .plain
    sight = .remembered(
      status: watch.map { $0.status?.rawValue ?? "silent" } ?? "–",
      runs: state.map { promotion.release(of: $0.runs) } ?? "?")
    let reason = watch?.status == .ok ? nil : watch?.reason
    remarks = notes + (reason.map { [Remark(.plain, $0)] } ?? [])
  }

  private static func severity(of status: MergedProbe.Status) -> Severity {
    switch status {
    case .ok: .good
    case .degraded: .warning
    default: .bad
    }
  }

  private static func remark(_ reason: MergedProbe.Reason) -> Remark {
    Remark(reason.level == .fail ? .bad : .warning, reason.check, reason.message)
  }

  private static func traffic(_ probe: MergedProbe) -> [Remark] {
    probe.trafficSentence.map { [Remark(.plain, "tenants", $0)] } ?? []
  }

  private static func deadMan(_ probe: MergedProbe) -> [Remark] {
    probe.deadMan.map { [Remark($0.fault == nil ? .warning : .bad, "dead man", $0.sentence)] } ?? []
  }

  private static func rollback(_ probe: MergedProbe) -> [Remark] {
    probe.rollback.map { [Remark($0.broken ? .bad : .warning, "rollback", $0.message)] } ?? []
  }
}

extension HostStatus.Word {
  init(_ probe: MergedProbe) {
    status = probe.status
    release = probe.skills.version ?? "no release"
    boot = Self.boot(probe)
    doctor = Self.doctor(probe)
    queue = probe.queues.depth.map { "queue \($0)/\(probe.queues.limit)" } ?? "queue not known"
    fingerprint = probe.fingerprint
  }

  /// The worst colour of the tenants that are judged, or of the whole gateway.
  private static func doctor(_ probe: MergedProbe) -> String {
    guard !probe.doctor.isEmpty else { return "Doctor has not answered yet" }
    let quiet = Set(probe.traffic?.quiet ?? [])
    let judged = probe.doctor.filter { !quiet.contains($0.key) }.values
    let colours: [MergedProbe.Doctor.Colour] = [.red, .yellow]
    let worst = colours.first { colour in judged.contains { $0.status == colour } } ?? .green
    let accepted = judged.reduce(0) { $0.addingClamped($1.accepted) }
    return "Doctor \(worst.rawValue) (\(accepted) accepted)"
  }

  private static func boot(_ probe: MergedProbe) -> String {
    guard let started = probe.openclaw.startedAt else { return "not known" }
    let isToday = started.prefix(10) == probe.observedAt.prefix(10)
    return isToday ? String(started.dropFirst(11).prefix(8)) : String(started.prefix(10))
  }
}

extension Promotion {
  /// The version that a host runs by what was read back from it, in a word.
  func release(of runs: HostState.Runs) -> String {
    switch runs {
    case .archived: plan.snapshot.release.lock.skills.version
    case .target: (plan.purpose.goesForward ? plan.to : plan.from).lock.skills.version
    case .unknown: "not known"
    }
  }
}
