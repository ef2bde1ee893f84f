import SluiceCore
import SluiceLedger
import SluicePorts

/// Has a host try a build on a copy of its state, under the lease: intent, operation, result.
public struct BuildTrier: Sendable {
  private let env: Env
  /// Copying a large state comes before the trial's own limit, and removing the copy after it.
  private static let copying = Duration.seconds(600)

  public init(env: Env) { self.env = env }

  /// - Parameter operation: unique in the ledger.
  /// - Throws: `.fenced` while a controller holds the lease; `.unknown` if the host's answer was
  ///   lost; otherwise why the build was not tried. A build that fails is a report.
  public func tryBuild(
    _ request: TrialRequest, on host: HostName, operation: OperationID, actor: String
  ) async throws(PortError) -> TrialRecord {
    guard let client = env.hosts[host] else {
      throw PortError(.refused, "the fleet has no host \(host)")
    }
    return try await env.underLease(
      note: "sluice plan --try-build",
      remedy: "No build is tried while a promotion is under way."
    ) { (ledger: Env.LedgerUnderLease) throws(PortError) in
      try await tryBuild(request, client, operation, actor, ledger.epoch)
    }
  }

  private func tryBuild(
    _ request: TrialRequest, _ client: any HostClient, _ operation: OperationID, _ actor: String,
    _ epoch: Epoch
  ) async throws(PortError) -> TrialRecord {
    let append = { (kind: TrialLine.Kind) async throws(PortError) in
      let line = TrialLine(
        kind, on: client.host, request.build.version, operation: operation, epoch: epoch,
        at: env.time.now(), actor: actor)
      let draft: LedgerDraft
      do { draft = try line.draft() } catch { throw PortError(.failed, "\(error)") }
      _ = try await env.ledger.append([draft], mayUseReserve: false)
    }
    try await append(.intended)
    let answer = try await client.perform(
      .tryBuild(request), id: operation, epoch: epoch,
      deadline: .milliseconds(request.limitMilliseconds) + Self.copying)
    guard case .tried(let report) = answer else {
      throw .unexpected("\(client.host)", wanted: "how the build did")
    }
    try await append(.tried(report))
    return TrialRecord(host: client.host, operation: operation, report: report)
  }
}
