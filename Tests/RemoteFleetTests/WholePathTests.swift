import SluiceCore
import SluiceJSON
import SluiceLedger
import SluiceSystem
import SluiceTestSupport
import Testing

/// Commands from the operator's line to the hosts behind ssh and back.
@Suite(
  "The whole path of a command", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, "SKIPPED: \(TestNetwork.obstacle ?? "")"),
  .enabled("SKIPPED: this account may not make network namespaces") {
    try await TestNetwork.isAllowed()
  })
struct WholePathTests {
  private func document(_ outcome: ProcessOutcome) throws -> JSONValue {
    try JSONValue.parse(outcome.standardOutput)
  }

  private func code(_ outcome: ProcessOutcome) -> Int32? {
    if case .exited(let code) = outcome.termination { code } else { nil }
  }

  @Test("a fleet that was run by hand: look, place, restart by hand, archive; then Sluice observes")
  func adopted() async throws {
    try await RemoteFleet.with(.byHand) { fleet in
      let looked = try await fleet.sluice("adopt", "--json")
      #expect(code(looked) == 1, "\(looked.outputText)\(looked.errorText)")
      let before = try document(looked)
      for name in RemoteFleet.names {
        let host = try #require(before["hosts"]?[name.rawValue])
        #expect(host["proof"]?.text == "content", "\(name): \(host)")
      }
      #expect(try await fleet.entries().allSatisfy { $0.kind != .adoptionIntended })

      let early = try await fleet.sluice("adopt", "--archive", "--reason", "too early")
      #expect(code(early) == 1 && early.errorText.contains("mac-"), "\(early.errorText)")

      let placed = try await fleet.sluice("adopt", "--place", "--reason", "first day")
      #expect(code(placed) == 0, "\(placed.outputText)\(placed.errorText)")
      #expect(placed.outputText.contains("Placed on mac-a, mac-b, mac-c."), "\(placed.outputText)")
      for name in RemoteFleet.names {
        try await fleet.machine(name.rawValue).restartGateway()
      }
      let accepted = try await fleet.sluice("accept", "--all", "--reason", "a test fleet")
      #expect(accepted.succeeded, "\(accepted.errorText)")
      var good: ProcessOutcome?
      let isProven = try await eventually {
        good = try await fleet.sluice("adopt", "--json")
        return good.flatMap(code) == 2
      }
      try #require(isProven, "\(good?.outputText ?? "")\(good?.errorText ?? "")")

      let archived = try await fleet.sluice("adopt", "--archive", "--reason", "taken over")
      #expect(code(archived) == 0, "\(archived.outputText)\(archived.errorText)")
      #expect(try document(try await fleet.sluice("adopt", "--json"))["archived"] == .bool(true))
      let kinds = try await fleet.entries().map(\.kind)
      #expect(kinds.count { $0 == .slicePlaced } == 3, "\(kinds)")
      let status = try await fleet.sluice("status")
      #expect(status.outputText.contains("Sluice only observes"), "\(status.outputText)")
      // The first promotion can be planned from here.
      #expect(code(try await fleet.sluice("plan", "v1.4.2")) == 2)
    }
  }

  @Test("a build is tried on the canary: once good, once failing, and then it blocks the plan")
  func tried() async throws {
    try await RemoteFleet.with(.withBuilds) { fleet in
      let good = try await fleet.sluice("plan", "v1.4.2", "--try-build", "--json")
      #expect(code(good) == 2, "\(good.outputText)\(good.errorText)")
      let trial = try #require(try document(good)["trial"]).canonicalText
      #expect(trial.contains("mac-a") && trial.contains("2026.9.6"), "\(trial)")
      #expect(!trial.contains("FAILED"), "\(trial)")

      let canary = try fleet.machine("mac-a")
      try StandInBuilds.write(
        in: "\(canary.builds)/\(StandInBuilds.new)",
        before: """
          echo "Gateway failed to start: migration 18 of state failed: no such column: lane" >&2
          exit 78
          """)
      let failing = try await fleet.sluice("plan", "v1.4.2", "--try-build")
      #expect(code(failing) == 1, "\(failing.outputText)")
      let said = failing.outputText.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(said.contains("FAILED on a copy of mac-a's state"), "\(said)")
      #expect(said.contains("migration 18 of state failed: no such column: lane"), "\(said)")
      let kinds = try await fleet.entries().map(\.kind)
      #expect(kinds.count { $0 == .trialIntended } == 2, "\(kinds)")
      #expect(kinds.count { $0 == .buildTried } == 2, "\(kinds)")
      // The gateway served on, and nothing of the copy is left.
      try await fleet.awaitReady(HostName("mac-a"))
      let names = try Files.names(in: canary.openclaw)
      #expect(names.allSatisfy { !$0.contains("trial") }, "\(names)")
    }
  }

  @Test(
    "drills of a canary and of a rollback: each is in the ledger and in the status; between them a promotion tells every agent who has traffic"
  )
  func drilled() async throws {
    try await RemoteFleet.with(.behindFront) { fleet in
      try await drill(fleet, ["canary", "v1.4.2"], "drill-canary", to: "v1.4.2", leaves: "1.4.1")
      let load = try RemoteLoad.start(on: fleet)
      try await fleet.begin("v1.4.2")
      var probes: JSONValue?
      let isTold = await eventually(within: .seconds(90)) {
        probes = try? document(try await fleet.sluice("probe", "--json"))
        return RemoteFleet.names.allSatisfy { name in
          probes?["hosts"]?[name.rawValue]?["traffic"]?["told_at"]?.text != nil
        }
      }
      #expect(isTold, "\(probes.map { "\($0)" } ?? "no probe")")
      try await fleet.until("the release is everywhere") { $0.phase.isTerminal }
      #expect(try await fleet.promotion()?.phase == .concluded(.completed))
      await load.stop()
      try await drill(fleet, ["rollback"], "drill-rollback", to: "v1.4.1", leaves: "1.4.2")
    }
  }

  private func drill(
    _ fleet: RemoteFleet, _ words: [String], _ purpose: String, to: String, leaves version: String
  ) async throws {
    let ended = try await fleet.sluice(["drill"] + words + ["--ticket", "OPS-7"])
    #expect(code(ended) == 0, "\(ended.outputText)\(ended.errorText)")
    #expect(ended.outputText.contains("DRILLED"), "\(ended.outputText)")
    let last = try #require(try await fleet.entries().last { $0.ticket == "OPS-7" })
    #expect(last.kind == .ended(.drilled), "\(last)")
    let status = try document(try await fleet.sluice("status", "--json"))
    let record = try #require(status["drill"])
    #expect(record["purpose"]?.text == purpose && record["to"]?.text == to, "\(record)")
    #expect(record["recovery_ms"] != .null && record["recovery_ms"] != nil, "\(record)")
    for (name, machine) in fleet.machines {
      #expect(try await machine.current() == version, "\(name)")
    }
  }
}
