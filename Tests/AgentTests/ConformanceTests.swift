import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// Duties of every host, simulated or real: a simulation that behaves otherwise lies.
@Suite("A host, simulated and real", .serialized)
struct ConformanceTests {
  enum Kind: String, CaseIterable, Sendable { case simulated, real }

  struct Subject: Sendable {
    let client: any HostClient
    let old: Release
    let new: Release
    let policy: SwingPolicy

    func swing(to release: Release, next: String? = nil) -> HostOperation {
      .swing(SwingRequest(release: release, next: next, policy: policy))
    }
  }

  /// The real one behind its socket, with an agent at work and Doctor heard.
  static func with(
    _ kind: Kind, _ body: @escaping @Sendable (Subject) async throws -> Void
  ) async throws {
    switch kind {
    case .simulated:
      let old = ExampleFleet.release("1.4.1")
      let host = SimulatedHost(HostName("mac-a"), runs: old)
      try await body(
        Subject(
          client: host, old: old, new: ExampleFleet.release("1.4.2"),
          policy: ExampleFleet.fleet().swing))
    case .real:
      let host = try await TestHost()
      try await host.withAgent { client in
        _ = try await host.probe()
        try await body(
          Subject(client: client, old: host.old, new: host.new, policy: host.fleet.swing))
      }
    }
  }

  @Test("a query tells the host's release and changes nothing", arguments: Kind.allCases)
  func look(kind: Kind) async throws {
    try await Self.with(kind) { subject in
      let survey = try await subject.client.survey()
      #expect(survey.host == subject.client.host)
      #expect(survey.links == Links(current: "1.4.1", next: "1.4.1"))
      #expect(survey.gateway?.marker == subject.old.marker)
      #expect(survey.infra.lockDigest == subject.old.lockDigest)
      #expect(survey.slices.map(\.version) == ["1.4.1"])
      #expect(survey.slices.first?.tree == subject.old.lock.skills.tree)
      #expect(survey.busyWith == nil)
      #expect(survey.epoch == Epoch(0))
      let probe = try await subject.client.probe()
      #expect(probe.status == .ok)
      #expect(probe.fingerprint == survey.probe.fingerprint)
      #expect(probe.skills.version == "1.4.1")
    }
  }

  @Test("placing links next and moves nothing that serves", arguments: Kind.allCases)
  func place(kind: Kind) async throws {
    try await Self.with(kind) { subject in
      let before = try await subject.client.survey()
      guard case .placed(let first) = try await subject.client.order(.place(subject.new), "p/1"),
        case .placed(let again) = try await subject.client.order(.place(subject.new), "p/2")
      else {
        Issue.record("no placement")
        return
      }
      #expect(first.wasPlaced && !again.wasPlaced)
      #expect(first.tree == subject.new.lock.skills.tree)
      #expect(first.tenants == ["acme"])
      let after = try await subject.client.survey()
      #expect(after.links == Links(current: "1.4.1", next: "1.4.2"))
      #expect(after.gateway == before.gateway)
      #expect(after.infra.commit == before.infra.commit)
      #expect(after.probe.fingerprint == before.probe.fingerprint)
    }
  }

  @Test("a swing is proven by another boot, and done once for its id", arguments: Kind.allCases)
  func swing(kind: Kind) async throws {
    try await Self.with(kind) { subject in
      _ = try await subject.client.order(.place(subject.new), "p/1")
      let operation = subject.swing(to: subject.new, next: "1.4.2")
      let report = try await subject.client.swung(operation, "p/2")
      #expect(report.restarted)
      #expect(report.before?.marker == subject.old.marker)
      #expect(report.after.marker == subject.new.marker)
      #expect(report.after.bootID != report.before?.bootID)
      #expect(report.probe.status == .ok)
      #expect(report.probe.release.tag == subject.new.tag)
      let survey = try await subject.client.survey()
      #expect(survey.links == Links(current: "1.4.2", next: "1.4.2"))
      #expect(survey.infra.lockDigest == subject.new.lockDigest)
      // Asked again it answers as it did, and nothing restarts.
      #expect(try await subject.client.swung(operation, "p/2") == report)
      #expect(try await subject.client.survey().gateway?.bootID == report.after.bootID)
    }
  }

  @Test("swung there and back, its fingerprint is what it was", arguments: Kind.allCases)
  func back(kind: Kind) async throws {
    try await Self.with(kind) { subject in
      let archived = try await subject.client.probe().fingerprint
      _ = try await subject.client.order(.place(subject.new), "p/1")
      let forward = try await subject.client.swung(subject.swing(to: subject.new), "p/2")
      #expect(forward.probe.fingerprint != archived)
      let back = try await subject.client.swung(
        subject.swing(to: subject.old, next: "1.4.1"), "p/3")
      // The simulator's fingerprint names the tag; a host that was never told one has none.
      let again = try await subject.client.swung(subject.swing(to: subject.new), "p/4")
      #expect(again.probe.fingerprint == forward.probe.fingerprint)
      #expect(back.probe.fingerprint == archived)
      #expect(back.probe.status == .ok)
    }
  }

  @Test("what is not placed is refused, and nothing moves", arguments: Kind.allCases)
  func missing(kind: Kind) async throws {
    try await Self.with(kind) { subject in
      let before = try await subject.client.survey()
      let error = await portError {
        _ = try await subject.client.order(subject.swing(to: subject.new), "p/1")
      }
      #expect(error.kind == .refused)
      let after = try await subject.client.survey()
      #expect(after.links == before.links && after.gateway == before.gateway)
      #expect(after.probe.status == .ok)
    }
  }

  @Test("a lower epoch is fenced before anything else, known ids too", arguments: Kind.allCases)
  func fence(kind: Kind) async throws {
    try await Self.with(kind) { subject in
      _ = try await subject.client.order(.place(subject.new), "p/1", epoch: 5)
      for operation in [HostOperation.place(subject.new), subject.swing(to: subject.new)] {
        let error = await portError {
          _ = try await subject.client.order(operation, "p/1", epoch: 4)
        }
        #expect(error.kind == .fenced)
        #expect(error.message.contains("5"))
      }
      #expect(try await subject.client.survey().epoch == Epoch(5))
      #expect(try await subject.client.survey().links.current == "1.4.1")
      // A query moves nothing.
      #expect(try await subject.client.probe().status == .ok)
      _ = try await subject.client.order(subject.swing(to: subject.new), "p/2", epoch: 6)
    }
  }

  @Test("a host tells the outcome of an operation when it is asked later", arguments: Kind.allCases)
  func outcome(kind: Kind) async throws {
    try await Self.with(kind) { subject in
      let id = OperationID(rawValue: "p/1")
      #expect(try await subject.client.ask(.outcome(of: id)) == nil)
      let report = try await subject.client.order(.place(subject.new), "p/1", epoch: 2)
      let record = try #require(try await subject.client.ask(.outcome(of: id)))
      #expect(record.id == id && record.epoch == Epoch(2) && record.state == .done)
      #expect(record.report == report)
    }
  }

  @Test("findings can be accepted", arguments: Kind.allCases)
  func accept(kind: Kind) async throws {
    try await Self.with(kind) { subject in
      guard case .accepted(let count) = try await subject.client.order(.accept([]), "p/1") else {
        Issue.record("nothing was accepted")
        return
      }
      #expect(count == 0)
    }
  }
}
