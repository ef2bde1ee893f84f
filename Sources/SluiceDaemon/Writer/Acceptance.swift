import SluiceCore
import SluiceJSON
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem

/// Doctor's findings that a person takes as good: shown, and archived with who and why.
public struct Acceptance: Sendable {
  private let services: FleetServices
  private static let lookDeadline = Duration.seconds(90)
  private static let moveDeadline = Duration.seconds(60)
  /// A finding's words are cut to this in the ledger.
  private static let messageLimit = 200

  public init(_ services: FleetServices) { self.services = services }

  /// What each host's Doctor found last, and what of it nobody has accepted.
  ///
  /// - Parameter wanted: only these hosts; empty: all gateways.
  public func findings(
    of wanted: [HostName]
  ) async -> [HostName: Result<FindingsReport, PortError>] {
    await Ask(links(wanted)).all(.findings, deadline: Self.lookDeadline).mapValues { answer in
      switch answer {
      case .success(.findings(let report)): .success(report)
      case .success: .failure(PortError(.failed, "it answered something else than its findings"))
      case .failure(let error): .failure(error)
      }
    }
  }

  private func links(_ wanted: [HostName]) -> [HostName: any HostLink] {
    let gateways = Set(services.fleet.gateways.map(\.name))
    return services.links.filter {
      gateways.contains($0.key) && (wanted.isEmpty || wanted.contains($0.key))
    }
  }

  /// Archives exactly these findings: intent in the ledger, then the hosts, then what they say.
  ///
  /// - Throws: `.fenced` while a controller holds the ledger; otherwise the first host's fault, when
  ///   the others have accepted theirs.
  public func accept(
    _ findings: [HostName: [DoctorFinding]], actor: String, reason: String
  ) async throws(PortError) {
    do throws(PortError) { try await services.lease.acquire(note: "sluice accept") } catch {
      guard error.kind == .refused else { throw error }
      throw PortError(
        .fenced, error.message,
        remedy: "It writes the ledger until its promotion has ended. Accept after that.")
    }
    do throws(PortError) {
      try await recorded(findings, actor: actor, reason: reason)
      await services.lease.release()
    } catch {
      await services.lease.release()
      throw error
    }
  }

  private func recorded(
    _ findings: [HostName: [DoctorFinding]], actor: String, reason: String
  ) async throws(PortError) {
    let epoch = try await LedgerReading.load(services.fleet.writer).replay.epoch.next
    let name = "accept-\(Randomness.hexadecimal(bytes: 6))"
    for (host, accepted) in findings.sorted(by: { $0.key < $1.key }) {
      try await append(
        .acceptanceIntended, host, accepted, id: "\(name)/\(host)", epoch, actor, reason)
    }
    var first: PortError?
    for (host, accepted) in findings.sorted(by: { $0.key < $1.key }) {
      let id = "\(name)/\(host)"
      do throws(PortError) {
        try await accept(accepted, on: host, OperationID(rawValue: id), epoch)
        try await append(.findingsAccepted, host, accepted, id: id, epoch, actor, reason)
      } catch { first = first ?? error }
    }
    if let first { throw first }
  }

  private func accept(
    _ findings: [DoctorFinding], on host: HostName, _ id: OperationID, _ epoch: Epoch
  ) async throws(PortError) {
    guard let link = services.links[host] else {
      throw PortError(.failed, "\(host) is not in the fleet", remedy: "Check sluice.yaml.")
    }
    _ = try await link.perform(
      .accept(findings), id: id, epoch: epoch, deadline: Self.moveDeadline)
    // Read back: what is archived is what the host says it is.
    let report = try await link.perform(
      .findings, id: id, epoch: epoch, deadline: Self.lookDeadline)
    guard case .findings(let now) = report,
      findings.allSatisfy({ $0.isAccepted(by: now.accepted) })
    else {
      throw PortError(
        .failed, "\(host) does not show what was accepted there",
        remedy: "See what it says:  sluice accept")
    }
  }

  /// A line of its own kind, of no promotion: whoever replays the ledger passes it over.
  private func append(
    _ kind: LedgerKind, _ host: HostName, _ findings: [DoctorFinding], id: String, _ epoch: Epoch,
    _ actor: String, _ reason: String
  ) async throws(PortError) {
    let list = findings.map { finding -> JSONValue in
      [
        "check": .string(finding.check), "severity": .string(finding.severity.rawValue),
        "path": finding.path.map { .string($0) } ?? .null,
        "target": finding.target.map { .string($0) } ?? .null,
        "requirement": finding.requirement.map { .string($0) } ?? .null,
        "message": .string(String(finding.message.prefix(Self.messageLimit))),
      ]
    }
    let draft = LedgerDraft(
      actor: actor,
      detail: [
        "host": .string(host.rawValue), "reason": .string(reason), "findings": .array(list),
      ],
      epoch: epoch, from: "", kind: kind, moment: services.time.now(), operation: id,
      probeDigest: "", promotion: "", step: -1, ticket: "", to: "", weights: [:])
    _ = try await services.ledger.append([draft], mayUseReserve: false)
  }
}
