import SluiceCore
import SluiceJSON
import SluiceSimulator
import Testing

@Suite("A trial of a build in a plan")
struct BuildTrialTests {
  static func report(
    version: String = ExampleFleet.newerBuild.version, daemon: Digest? = nil, fault: String? = nil
  ) -> TrialReport {
    TrialReport(
      version: version, daemon: daemon, fault: fault, remarks: [], notAsked: ["a session"],
      before: TrialCount(files: 31, sessions: 12, agents: 1),
      after: TrialCount(files: 33, sessions: 12, agents: 1), bytes: 23_000_000,
      grownBytes: 4_000_000, copyMilliseconds: 140, readyMilliseconds: 12_000,
      doctorMilliseconds: 6_000, totalMilliseconds: 20_000)
  }

  private func plan(_ edit: (inout Plan) -> Void) async throws -> Plan {
    var plan = try await ExampleFleet.plan(
      ExampleFleet.world(), to: "1.4.2", openclaw: ExampleFleet.newerBuild)
    edit(&plan)
    return plan
  }

  private func record(_ report: TrialReport) -> TrialRecord {
    TrialRecord(
      host: HostName("mac-a"), operation: OperationID(rawValue: "try-1/mac-a"), report: report)
  }

  @Test("without the fleet's demand no trial is needed, and with it one is")
  func required() async throws {
    #expect(TrialCheck.blockers(of: try await plan { _ in }) == [])
    let demanding = try await plan { $0.fleet.tryBuild = TrialPolicy(isRequired: true) }
    let blocker = try #require(TrialCheck.blockers(of: demanding).first)
    #expect(blocker.contains("was not tried on a copy of the state"))
    #expect(blocker.contains("sluice plan v1.4.2 --try-build"))
    let passed = try await plan {
      $0.fleet.tryBuild = TrialPolicy(isRequired: true)
      $0.trial = record(Self.report())
    }
    #expect(TrialCheck.blockers(of: passed) == [])
    let back = try await plan {
      $0.fleet.tryBuild = TrialPolicy(isRequired: true)
      $0.purpose = .drillRollback
    }
    #expect(TrialCheck.blockers(of: back) == [])
    let same = try await plan {
      $0.fleet.tryBuild = TrialPolicy(isRequired: true)
      $0.build = nil
    }
    #expect(TrialCheck.blockers(of: same) == [])
  }

  @Test("a build that fails on the copy blocks the plan in its own words, in every kind of trial")
  func failed() async throws {
    let plan = try await plan { $0.trial = record(Self.report(fault: "no such column: lane")) }
    #expect(
      TrialCheck.blockers(of: plan) == [
        "mac-a: OpenClaw \(ExampleFleet.newerBuild.version) failed on a copy of the state: "
          + "no such column: lane"
      ])
  }

  @Test("a trial of another build is none, by version and by digest")
  func another() async throws {
    let pinned = Digest(of: [1])
    for (report, isGood) in [
      (Self.report(version: "2026.9.5"), false), (Self.report(daemon: pinned), true),
      (Self.report(daemon: Digest(of: [2])), false), (Self.report(daemon: Digest(of: [3])), true),
      (Self.report(), false),
    ] {
      let plan = try await plan {
        $0.build?.to.daemon = pinned
        $0.build?.to.daemons = ["darwin-arm64": Digest(of: [3])]
        $0.trial = record(report)
      }
      #expect(TrialCheck.blockers(of: plan).isEmpty == isGood, "\(report)")
    }
  }

  @Test("the trial is part of the plan's digest, and a plan without one keeps its own")
  func digest() async throws {
    let without = try await plan { _ in }
    let with = try await plan { $0.trial = record(Self.report()) }
    #expect(try without.digest() != with.digest())
    #expect(try CanonicalJSON.encode(without)["trial"] == nil)
    let bytes = try CanonicalJSON.bytes(with)
    #expect(try CanonicalJSON.decode(Plan.self, from: bytes) == with)
  }

  @Test("operation and report have the wire's form")
  func wire() throws {
    let request = TrialRequest(
      build: .init(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil),
      limitMilliseconds: 600_000)
    let operation = HostOperation.tryBuild(request)
    let json = try CanonicalJSON.encode(operation)
    #expect(
      json
        == [
          "tryBuild": ["build": ["version": "2026.9.6"], "limitMilliseconds": 600_000]
        ])
    #expect(try CanonicalJSON.decode(HostOperation.self, from: json) == operation)
    let report = HostReport.tried(Self.report(fault: "x"))
    let sent = try CanonicalJSON.encode(report)
    #expect(sent["tried"]?["before"]?["sessions"] == 12)
    #expect(sent["tried"]?["fault"] == "x")
    #expect(try HostReport.heard(sent) == report)
  }

  @Test("sessions and agents that are gone are a loss; files, and what is not told, are none")
  func losses() {
    let before = TrialCount(files: 10, sessions: 3, agents: 2)
    #expect(before.losses(after: TrialCount(files: 4, sessions: 3, agents: 2)) == [])
    #expect(
      before.losses(after: TrialCount(files: 10, sessions: 2, agents: 1)) == [
        "the state had 3 sessions, and 2 are left after the migration",
        "the state had 2 agents, and 1 are left after the migration",
      ])
    #expect(before.losses(after: TrialCount(files: 10)) == [])
    #expect(TrialCount(files: 1).losses(after: before) == [])
  }

  @Test("a trial needs the copy, as much again, and room for others; no size overflows")
  func room() {
    #expect(TrialRoom.neededBytes(state: 0) == TrialRoom.floor)
    #expect(TrialRoom.neededBytes(state: 100) == 200 + TrialRoom.floor)
    #expect(TrialRoom.neededBytes(state: .max) == .max)
  }

  @Test("what an interrupted trial left goes at any age, unless it is in use")
  func garbage() {
    let item = { (uses: [String]) in
      StoredItem(
        .init(.buildTrial, "claw.trial-x"), bytes: 10, changedAtMilliseconds: 0, uses: uses)
    }
    let decide = { (item: StoredItem) in
      RetentionDecision(
        [item], policy: RetentionPolicy(),
        needs: RetentionNeeds(last: nil, completed: nil, lastGood: nil), now: 60_000)
    }
    #expect(decide(item([])).removed.map(\.reason) == ["1 min old"])
    #expect(decide(item(["it is in use"])).removed.isEmpty)
  }
}
