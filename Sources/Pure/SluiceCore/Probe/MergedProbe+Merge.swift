import SluiceJSON

extension MergedProbe {
  /// Merges the inputs. Missing data is never `ok`, and no other input outweighs a mismatch.
  public init(merging inputs: ProbeInputs, policy: ProbePolicy) {
    let checks = ProbeChecks(inputs: inputs, policy: policy)
    let reasons = checks.all
    let identity = inputs.process.identity.value
    self.init(
      status: Self.worst(reasons), reasons: reasons,
      release: ReleaseRow(tag: inputs.held?.tag, lockDigest: inputs.lockDigest),
      skills: Skills(
        resolved: inputs.disk.links.value?.current, version: identity?.marker?.version,
        locked: inputs.lock?.skills.version, treeIsSound: checks.treeIsSound),
      openclaw: OpenClaw(
        version: identity?.version, locked: inputs.lock?.openclaw.version, pid: identity?.pid,
        bootID: identity?.bootID,
        startedAt: identity.map { Timestamp.text($0.startedAtMilliseconds) }),
      doctor: inputs.doctor.mapValues(Doctor.init),
      queues: Queues(depth: inputs.process.queueDepth.value, limit: policy.queueLimit),
      digest: WebhookDigest(
        status: inputs.digest.value?.state ?? .absent, rows: inputs.digest.value?.rows ?? 0),
      probeDigest: Self.evidenceDigest(of: inputs), fingerprint: .zero,
      observedAt: Timestamp.text(inputs.observedAtMilliseconds), ageMilliseconds: 0)
    if let way = inputs.disk.rollback,
      let message = way.sentence(on: inputs.host, infra: inputs.paths.infra)
    {
      rollback = RollbackRemark(broken: way.isBroken, message: message)
    }
    serving = checks.serving
    traffic = checks.traffic
    fingerprint = Digest(of: stableFields.canonicalBytes())
    self = aged(inputs.ageMilliseconds, policy: policy)
  }

  /// The same probe at a later age, in milliseconds; above the maximum age it is `fail`.
  public func aged(_ milliseconds: Int64, policy: ProbePolicy) -> MergedProbe {
    var probe = self
    probe.ageMilliseconds = max(0, milliseconds)
    let bound = policy.maximumAgeMilliseconds
    guard milliseconds > bound, !reasons.contains(where: { $0.check == "age" }) else {
      return probe
    }
    probe.status = .fail
    probe.reasons.append(
      Reason(
        check: "age", level: .fail,
        message: "this is older than \(bound) ms: the agent does not get round to looking. "
          + "Look at its log."))
    probe.fingerprint = Digest(of: probe.stableFields.canonicalBytes())
    return probe
  }

  private static func worst(_ reasons: [Reason]) -> Status { reasons.map(\.level).max() ?? .ok }

  /// The input of the fingerprint, computable by any reader of the probe. Excluded are pid, boot,
  /// time, queue depth, evidence and wording; `next` and the tag, which do not change what serves;
  /// and the webhook digest and the model, whose state is not Sluice's.
  var stableFields: JSONValue {
    let counted = reasons.filter { !["digest", "model"].contains($0.check) }
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    let faults = Set(
      (counted + quietReasons).map { "\($0.check) \($0.level.rawValue) \($0.tenant ?? "*")" })
    return [
      "schema": .string(schema),
      "status": .string(Self.worst(counted + quietReasons).rawValue),
      "reasons": .array(faults.sorted().map { .string($0) }),
      "lock_sha256": text(release.lockDigest?.text),
      "skills": [
        "resolved": text(skills.resolved), "version": text(skills.version),
        "locked": text(skills.locked), "tree_ok": .bool(skills.treeIsSound),
      ],
      "openclaw": ["version": text(openclaw.version), "locked": text(openclaw.locked)],
      "doctor": .object(
        doctor.mapValues { doctor in
          [
            "status": .string(doctor.status.rawValue),
            "new": .array(doctor.new.map { .string($0) }),
          ]
        }),
    ]
  }

  /// The reasons that quiet tenants would give if they had traffic. With them, traffic that comes and
  /// goes does not change the fingerprint.
  private var quietReasons: [Reason] {
    (traffic?.quiet ?? []).flatMap { tenant in
      (doctor[tenant]?.new ?? []).map { finding in
        let level: Status = finding.hasPrefix("error ") ? .fail : .degraded
        return Reason(check: "doctor", level: level, message: finding, tenant: tenant)
      }
    }
  }

  /// SHA-256 over Doctor's raw bytes, tenant by tenant in the byte order of their names, and the
  /// webhook digest's bytes. Each part follows its length: 8 bytes, most significant first. A
  /// missing part has length 0.
  private static func evidenceDigest(of inputs: ProbeInputs) -> Digest {
    var parts = inputs.doctor.sorted {
      $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
    }.map { $0.value.report.value?.raw ?? [] }
    if parts.isEmpty { parts = [[]] }
    parts.append(inputs.digest.value?.raw ?? [])
    var bytes: [UInt8] = []
    for part in parts {
      let length = UInt64(part.count)
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: length >> shift))
      }
      bytes += part
    }
    return Digest(of: bytes)
  }
}

extension MergedProbe.Doctor {
  init(_ doctor: ProbeInputs.Doctor) {
    guard let report = doctor.report.value else {
      self.init(status: .red, findings: 0, accepted: 0)
      return
    }
    let fresh = ProbeChecks.newFindings(report, doctor.accepted)
    let worst = fresh.map(\.severity).max()
    self.init(
      status: worst == nil ? .green : worst == .error ? .red : .yellow,
      findings: report.weighty.count, accepted: report.weighty.count - fresh.count,
      new: Set(fresh.map { "\($0.severity.rawValue) \($0.check)" }).sorted())
  }
}
