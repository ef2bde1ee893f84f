import SluiceCore
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@testable import SluiceEngine

@Suite("A session, without a controller around it")
struct SessionTests {
  private let moment = Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b")
  private let full = PortError(.outOfSpace, "the disk is full")
  private let changed = PortError(.altered, "somebody changed the ledger")

  private func begun() async throws -> Session {
    let plan = try await Examples.plan(Examples.world(), to: "1.4.2")
    return try Session.begin(
      PromotionID(rawValue: "p1"), plan: FrozenPlan(plan), approval: nil, actor: "ana",
      ticket: "OPS-1", after: Replay(),
      evidence: Evidence(judge: LimitJudge(), runJudge: LimitJudge()), at: moment)
  }

  /// The session's effects, until it waits; lines become durable unless `refuse` says why not.
  private func drive(
    _ session: inout Session, refuse: (PromotionEvent) -> PortError? = { _ in nil }
  ) -> (lines: [PromotionEvent], asked: [Call], end: Result<Promotion, PortError>?) {
    var (lines, asked) = ([PromotionEvent](), [Call]())
    var end: Result<Promotion, PortError>?
    while let effect = session.next(at: moment) {
      switch effect {
      case .append(let wanted):
        let error = wanted.events.lazy.compactMap(refuse).first
        if error == nil { lines += wanted.events }
        session.take(
          .appended(error.map { .failure($0) } ?? .success(())), at: moment)
      case .listen: session.take(.listening(.success(())), at: moment)
      case .ask(_, _, let call): asked.append(call)
      case .tell: break
      case .end(let result): end = result
      }
    }
    return (lines, asked, end)
  }

  private func failed(_ end: Result<Promotion, PortError>?) -> Bool {
    if case .failure = end { true } else { false }
  }

  @Test("nothing is asked before its line is durable: the start and the lease come first")
  func linesFirst() async throws {
    var session = try await begun()
    guard case .append(let first)? = session.next(at: moment) else {
      Issue.record("it does not begin with a line")
      return
    }
    #expect(first.events.count == 1 && session.next(at: moment) == nil)
    session.take(.appended(.success(())), at: moment)
    let told = drive(&session)
    #expect(told.lines == [.leased(Epoch(1))])
    #expect(told.asked.count == session.promotion.plan.fleet.hosts.count && told.end == nil)
  }

  @Test("a disk that is full at the very beginning begins nothing, and says so")
  func fullAtTheBeginning() async throws {
    var session = try await begun()
    let told = drive(&session) { _ in full }
    guard case .failure(let error)? = told.end else {
      Issue.record("it began")
      return
    }
    #expect(told.asked.isEmpty && error.remedy?.hasPrefix("Nothing was begun.") == true)
    #expect(session.next(at: moment) == nil)
  }

  @Test("a request that the full disk kept out is written after the rollback, and told")
  func fullDisk() async throws {
    var session = try await begun()
    _ = drive(&session)
    let pause = Request(action: .pause, actor: "bo", reason: "lunch")
    session.take(.asked(pause, sender: 7), at: moment)
    var refusals = 1
    let told = drive(&session) { _ in
      refusals -= 1
      return refusals >= 0 ? full : nil
    }
    let actions = told.lines.compactMap { line -> Request.Action? in
      if case .asked(let request) = line { request.action } else { nil }
    }
    #expect(actions == [.rollBack, .pause] && !failed(told.end))
  }

  @Test("a ledger that is changed again and again is outlived nine times, and no more")
  func changedAgain() async throws {
    // Once for the request, eight times for the rollback.
    for (changes, isOutlived) in [(9, true), (10, false)] {
      var session = try await begun()
      _ = drive(&session)
      session.take(
        .asked(Request(action: .pause, actor: "bo", reason: ""), sender: nil), at: moment)
      var left = changes
      let told = drive(&session) { _ in
        left -= 1
        return left >= 0 ? changed : nil
      }
      #expect(failed(told.end) != isOutlived, "\(changes) changes")
    }
  }

  @Test("a line that the ledger refuses is told in fewer words; one that has none ends the session")
  func fewerWords() async throws {
    var session = try await begun()
    _ = drive(&session)
    let long = String(repeating: "very ", count: 50)
    session.take(
      .asked(Request(action: .pause, actor: "bo", reason: long), sender: nil), at: moment)
    var heard: [PromotionEvent] = []
    let told = drive(&session) { line in
      heard.append(line)
      return heard.count == 1 ? PortError(.refused, "it has too many bytes") : nil
    }
    #expect(heard.count == 2 && heard[0] != heard[1] && told.end == nil)

    var another = try await begun()
    let end = drive(&another) { _ in PortError(.refused, "no") }.end
    guard case .failure? = end else {
      Issue.record("it went on without its first line")
      return
    }
  }

  @Test("a lease that is lost ends it: no line and no call after that")
  func lostLease() async throws {
    var session = try await begun()
    _ = drive(&session)
    session.take(
      .asked(Request(action: .rollBack, actor: "bo", reason: ""), sender: nil), at: moment)
    session.take(.lostLease(PortError(.fenced, "another may lead")), at: moment)
    let told = drive(&session)
    guard case .failure(let error)? = told.end else {
      Issue.record("it goes on")
      return
    }
    #expect(error.kind == .fenced && told.lines.isEmpty && told.asked.isEmpty)
  }

  @Test("an answer that comes while a line is on its way waits for it")
  func oneAfterTheOther() async throws {
    var session = try await begun()
    _ = drive(&session)
    session.take(
      .asked(Request(action: .pause, actor: "bo", reason: ""), sender: nil), at: moment)
    guard case .append? = session.next(at: moment) else {
      Issue.record("nothing is written")
      return
    }
    let silent = PortError(.unreachable, "no")
    for host in session.promotion.plan.fleet.hosts {
      session.take(
        .answered(OperationID(rawValue: "p1/1"), .host(host.name), .failure(silent)), at: moment)
    }
    #expect(session.next(at: moment) == nil)
    session.take(.appended(.success(())), at: moment)
    // All hosts have answered: the balancer is asked next.
    #expect(drive(&session).asked.count == 1)
  }
}
