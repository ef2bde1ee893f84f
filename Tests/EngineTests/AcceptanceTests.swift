import SluiceCore
import SluiceLedger
import SluicePorts
import Testing

@testable import SluiceEngine

@Suite("A person's acceptance of Doctor's findings, without a writer around it")
struct AcceptanceTests {
  private static let finding = DoctorFinding(
    check: "core/doctor/security", severity: .warning, requirement: nil, path: "token",
    target: nil, message: "the token stands in the file")

  private let a = HostName("mac-a")
  private let b = HostName("mac-b")

  /// The effects outside, in order.
  private struct Course {
    var lines: [AcceptanceLine] = []
    /// Reads have no id and no epoch.
    var calls: [(host: HostName, id: OperationID?, epoch: Epoch?)] = []
    var slept: [Int64] = []
    var end: Result<Void, PortError>?

    var kinds: [String] { lines.map { "\($0.kind) \($0.host)" } }
    var failure: PortError? {
      if case .failure(let error)? = end { error } else { nil }
    }
  }

  private func session(after epoch: Int64 = 4) -> AcceptanceSession {
    var replay = Replay()
    replay.passOver(Epoch(epoch))
    let findings = [Self.finding]
    return AcceptanceSession(
      [a: findings, b: findings], name: "accept-1", actor: "ana",
      reason: "as installed", after: replay, at: moment(0))
  }

  private func moment(_ milliseconds: Int64) -> Moment {
    Moment(wallMilliseconds: milliseconds, monotonicMilliseconds: milliseconds, boot: "b")
  }

  /// Performs its effects; time passes in its pauses alone.
  private func perform(
    _ begun: AcceptanceSession,
    append: ([AcceptanceLine]) -> PortError? = { _ in nil },
    answer: (Course) -> Result<Answer, PortError>
  ) -> Course {
    var session = begun
    var course = Course()
    while let effect = session.next() {
      let now = moment(course.slept.reduce(0, +))
      switch effect {
      case .append(let lines):
        let error = append(lines)
        if error == nil { course.lines += lines }
        session.take(.appended(error.map { .failure($0) } ?? .success(())), at: now)
      case .ask(let tag, .operation(let host, _, let id, let epoch, _)):
        course.calls.append((host, id, epoch))
        session.take(.answered(tag, answer(course)), at: now)
      case .ask(let tag, .query(let host, _, _)):
        course.calls.append((host, nil, nil))
        session.take(.answered(tag, answer(course)), at: now)
      case .ask(let tag, .sleep(let milliseconds)):
        course.slept.append(milliseconds)
        session.take(.answered(tag, .success(.awake)), at: moment(course.slept.reduce(0, +)))
      case .ask(_, let call): Issue.record("it asks \(call)")
      case .end(let result): course.end = result
      }
    }
    return course
  }

  private func kept(_ course: Course) -> Result<Answer, PortError> {
    guard course.calls.last?.id == nil else { return .success(.report(.accepted(count: 1))) }
    return shown([Self.finding])
  }

  private func shown(_ accepted: [DoctorFinding]) -> Result<Answer, PortError> {
    .success(
      .host(.findings(FindingsReport(findings: [Self.finding], accepted: accepted))))
  }

  @Test("all intents are durable before the first host moves; each host is asked, and asked back")
  func order() throws {
    var session = session()
    guard case .append(let intents)? = session.next() else {
      Issue.record("it does not begin with its intents")
      return
    }
    #expect(intents.map(\.kind) == [.intended, .intended] && session.next() == nil)
    let course = perform(self.session(), answer: kept)
    #expect(
      course.kinds == [
        "intended mac-a", "intended mac-b", "accepted mac-a", "accepted mac-b",
      ])
    #expect(course.calls.map(\.host) == [a, a, b, b])
    #expect(
      course.calls.map(\.id?.rawValue) == ["accept-1/mac-a", nil, "accept-1/mac-b", nil])
    #expect(course.calls.map(\.epoch) == [Epoch(5), nil, Epoch(5), nil])
    #expect(course.failure == nil && course.end != nil)
  }

  @Test("a lost answer is asked for again under the same id, until patience ends")
  func lostAnswer() {
    let lost = Result<Answer, PortError>.failure(PortError(.unknown, "it was lost"))
    let course = perform(session()) { $0.calls.count < 3 ? lost : self.kept($0) }
    #expect(Set(course.calls.prefix(3).map(\.id?.rawValue)) == ["accept-1/mac-a"])
    #expect(course.slept.count == 2 && course.failure == nil && course.lines.count == 4)

    let silent = perform(session()) { course in
      course.calls.last?.host == a ? lost : self.kept(course)
    }
    #expect(silent.failure?.kind == .unknown && silent.slept.reduce(0, +) >= 60_000)
    #expect(silent.kinds.suffix(1) == ["accepted mac-b"] && silent.lines.count == 3)
  }

  @Test("a full disk refuses before anything moved, and a line that is not written ends it")
  func fullDisk() {
    let full = PortError(.outOfSpace, "the disk is full")
    let none = perform(session(), append: { _ in full }, answer: kept)
    #expect(none.failure == full && none.calls.isEmpty)
    let later = perform(
      session(), append: { $0.first?.kind == .accepted ? full : nil }, answer: kept)
    #expect(later.failure == full && Set(later.calls.map(\.host)) == [a])
  }

  @Test("a host that has seen a later writer ends it; another fault is told when all are through")
  func faults() {
    let fenced = PortError(.fenced, "another writer took over")
    let course = perform(session()) { _ in .failure(fenced) }
    #expect(course.failure == fenced && course.calls.count == 1)
    let unshown = perform(session()) { course in
      course.calls.last?.id == nil && course.calls.last?.host == a
        ? self.shown([]) : self.kept(course)
    }
    #expect(unshown.failure?.message == "mac-a does not show what was accepted there")
    #expect(unshown.kinds.suffix(1) == ["accepted mac-b"] && unshown.lines.count == 3)
  }

  @Test("once its lease is lost it does nothing more, whatever is answered")
  func lostLease() {
    var session = session()
    _ = session.next()
    session.take(.appended(.success(())), at: moment(0))
    #expect(session.next() != nil)
    session.take(.lostLease(PortError(.fenced, "lost")), at: moment(1))
    session.take(.answered(.host(a), .success(.report(.accepted(count: 1)))), at: moment(2))
    guard case .end(.failure(let error))? = session.next() else {
      Issue.record("it goes on")
      return
    }
    #expect(error.message == "lost" && session.next() == nil)
  }

  @Test("a line of the ledger reads back as it was written")
  func form() throws {
    let course = perform(session(), answer: kept)
    let written = try LedgerChain().extend(with: course.lines.map(\.draft))
    #expect(written.compactMap { AcceptanceLine($0.entry) } == course.lines)
    #expect(written.allSatisfy { $0.entry.promotion.isEmpty && $0.entry.step == -1 })
    #expect(try Replay(written.map(\.entry)).epoch == Epoch(5))
  }
}
