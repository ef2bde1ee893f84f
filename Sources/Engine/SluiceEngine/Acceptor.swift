import SluiceCore
import SluiceLedger
import SluicePorts

/// Runs a person's acceptance: takes the lease, reads the ledger, and performs the effects of an
/// `AcceptanceSession` over the ports. It contains no policy.
public struct Acceptor: Sendable {
  private let env: Env

  public init(env: Env) { self.env = env }

  /// Accepts exactly these findings.
  ///
  /// - Parameter name: unique among the ledger's acceptances.
  /// - Throws: `.fenced` while a controller holds the lease; otherwise the first host's fault,
  ///   after the other hosts have accepted theirs.
  public func accept(
    _ findings: [HostName: [DoctorFinding]], name: String, actor: String, reason: String
  ) async throws(PortError) {
    try await env.underLease(
      note: "sluice accept",
      remedy: "It writes the ledger until its promotion has ended. Accept after that."
    ) { (ledger: Env.LedgerUnderLease) throws(PortError) in
      let session = AcceptanceSession(
        findings, name: name, actor: actor, reason: reason, after: ledger.replay,
        at: env.time.now())
      try await perform(session).get()
    }
  }

  private func perform(_ begun: AcceptanceSession) async -> Result<Void, PortError> {
    await withTaskGroup(of: AcceptanceSession.Event?.self) { group in
      defer { group.cancelAll() }
      group.addTask { await env.lease.loss().map { .lostLease($0) } }
      var session = begun
      while true {
        while let effect = session.next() {
          switch effect {
          case .append(let lines):
            session.take(.appended(await append(lines)), at: env.time.now())
          case .ask(let tag, let call):
            group.addTask { .answered(tag, await env.perform(call)) }
          case .end(let result): return result
          }
        }
        guard let event = await group.next() else {
          return .failure(PortError(.unknown, "the acceptance was stopped"))
        }
        if let event { session.take(event, at: env.time.now()) }
      }
    }
  }

  private func append(_ lines: [AcceptanceLine]) async -> Result<Void, PortError> {
    do throws(PortError) {
      _ = try await env.ledger.append(lines.map(\.draft), mayUseReserve: false)
      return .success(())
    } catch { return .failure(error) }
  }
}
