import SluiceCore
import SluiceLedger
import SluicePorts

/// A person's acceptance of Doctor's findings, as a value without I/O. The intents of all hosts are
/// in the ledger before the first host moves. A host's findings count as accepted once the host
/// shows them as accepted.
///
/// Call `next()` until it returns nil, perform each effect, and pass the result to `take(_:at:)`.
public struct AcceptanceSession: Sendable {
  /// An effect outside the session. Effects are performed in order.
  public enum Effect: Sendable {
    /// Make these lines durable, all or none, without the reserve of a full disk, and answer with
    /// `.appended`. No other effect comes before the answer.
    case append([AcceptanceLine])
    /// Perform the call, and answer with `.answered` at any later time.
    case ask(CallTag, Call)
    /// The acceptance has ended; the last effect.
    case end(Result<Void, PortError>)
  }

  public enum Event: Sendable {
    case appended(Result<Void, PortError>)
    case answered(CallTag, Result<Answer, PortError>)
    /// A controller may hold the lease now, so the acceptance stops and writes nothing more.
    case lostLease(PortError)
  }

  private enum Stage: Sendable { case writing, accepting(Insistence), readingBack(Insistence) }

  private struct Part: Sendable {
    var host: HostName
    var findings: [DoctorFinding]
    var operation: OperationID
  }

  /// The epoch of this writer only; a later controller has a higher one.
  public let epoch: Epoch
  private let actor: String
  private let reason: String
  /// Hosts that were not asked yet, in order, and the one that is being asked.
  private var parts: [Part]
  private var part: Part?
  private var stage = Stage.writing
  private var outbox: [Effect] = []
  private var failure: PortError?
  private var hasEnded = false

  /// In milliseconds. The session repeats a call with a lost answer for this long.
  private static let moveDeadline: Int64 = 60_000
  private static let lookDeadline: Int64 = 90_000

  /// - Parameters:
  ///   - findings: the findings to accept, by host; no others are accepted.
  ///   - name: unique among the ledger's acceptances; hosts identify the acceptance by it.
  ///   - replay: of the whole ledger.
  public init(
    _ findings: [HostName: [DoctorFinding]], name: String, actor: String, reason: String,
    after replay: Replay, at moment: Moment
  ) {
    epoch = replay.epoch.next
    self.actor = actor
    self.reason = reason
    parts = findings.sorted { $0.key < $1.key }.map { host, findings in
      Part(
        host: host, findings: findings,
        operation: OperationID(rawValue: "\(name)/\(host)"))
    }
    if parts.isEmpty {
      end(.success(()))
    } else {
      outbox.append(.append(parts.map { line(.intended, $0, moment) }))
    }
  }

  /// The next effect; nil until the next event.
  public mutating func next() -> Effect? {
    outbox.isEmpty ? nil : outbox.removeFirst()
  }

  /// Handles an event: an effect's result, or a lost lease.
  public mutating func take(_ event: Event, at moment: Moment) {
    guard !hasEnded else { return }
    switch event {
    case .lostLease(let error): end(.failure(error))
    // An intent that cannot be recorded is not performed.
    case .appended(.failure(let error)): end(.failure(failure ?? error))
    case .appended(.success): goOn(at: moment)
    case .answered(let tag, let answer):
      switch stage {
      case .writing: break
      case .accepting(let insistence):
        guard answered(insistence.take(answer, of: tag, at: moment), at: moment) != nil else {
          return
        }
        readBack(at: moment)
      case .readingBack(let insistence):
        guard let found = answered(insistence.take(answer, of: tag, at: moment), at: moment) else {
          return
        }
        prove(found, at: moment)
      }
    }
  }

  /// The next host, or the end.
  private mutating func goOn(at moment: Moment) {
    guard !parts.isEmpty else { return end(failure.map { .failure($0) } ?? .success(())) }
    let part = parts.removeFirst()
    self.part = part
    let call = Call.operation(
      part.host, .accept(part.findings), part.operation, epoch, deadline: Self.moveDeadline)
    stage = .accepting(insist(on: call, of: part.host, within: Self.moveDeadline, at: moment))
  }

  private mutating func readBack(at moment: Moment) {
    guard let part else { return }
    let call = Call.query(
      part.host, HostQuery.findings.question, deadline: Self.lookDeadline)
    stage = .readingBack(insist(on: call, of: part.host, within: Self.lookDeadline, at: moment))
  }

  /// The findings count as accepted only if the host reports them as accepted.
  private mutating func prove(_ answer: Answer, at moment: Moment) {
    guard let part else { return }
    guard
      let now = try? Result<Answer, PortError>.success(answer).answer(
        to: .findings, of: part.host
      ).get(), part.findings.allSatisfy({ $0.isAccepted(by: now.accepted) })
    else {
      return failed(
        PortError(
          .failed, "\(part.host) does not show what was accepted there",
          remedy: "See what it says:  sluice accept"), at: moment)
    }
    stage = .writing
    outbox.append(.append([line(.accepted, part, moment)]))
  }

  private mutating func insist(
    on call: Call, of host: HostName, within deadline: Int64, at moment: Moment
  ) -> Insistence {
    outbox.append(.ask(.host(host), call))
    return Insistence((.host(host), call), patience: deadline, since: moment)
  }

  /// The answer, once it has arrived.
  private mutating func answered(_ progress: Insistence.Progress, at moment: Moment) -> Answer? {
    switch progress {
    case .answered(let answer): return answer
    case .ask(let calls): outbox += calls.map { .ask($0, $1) }
    case .failed(let error): failed(error, at: moment)
    }
    return nil
  }

  /// The other hosts go on with theirs, unless another writer holds the lease.
  private mutating func failed(_ error: PortError, at moment: Moment) {
    failure = failure ?? error
    if error.kind == .fenced { end(.failure(error)) } else { goOn(at: moment) }
  }

  private func line(_ kind: AcceptanceLine.Kind, _ part: Part, _ moment: Moment) -> AcceptanceLine {
    AcceptanceLine(
      kind, part.host, part.findings, operation: part.operation, epoch: epoch, at: moment,
      actor: actor, reason: reason)
  }

  private mutating func end(_ result: Result<Void, PortError>) {
    hasEnded = true
    outbox = [.end(result)]
  }
}
