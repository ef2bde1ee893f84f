import Foundation
import SluiceCore
import SluiceController
import SluiceJSON
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

/// The ways to stop a controller at work, and the help where there is none, or one that does not answer.
@Suite("Stop always", .serialized, .enabled(if: hasTool("haproxy")))
struct StopTests {
  @Test(
    "a controller whose ledger is changed in place goes back at once, and every verb reaches it")
  func changedUnderIt() async throws {
    try await WriterWorld.holding { world, _ in
      let before = try await world.entries()
      try world.changeByte(ofLine: 3)
      let pause = try await world.sluice("pause")
      #expect(pause.termination == .exited(1))
      #expect(
        pause.errorText.contains("a rollback cannot be paused") || pause.errorText.contains("ended")
      )
      let rollback = try await world.sluice("rollback")
      // On a slow machine the controller has rolled back before the command arrives.
      let isOver = ["ended", "no completed promotion"].contains(where: rollback.errorText.contains)
      #expect(rollback.succeeded || isOver, "\(rollback.errorText)")
      #expect(try await eventually { try await world.isRolledBack() })
      let entries = try await world.entries()
      #expect(entries.prefix(before.count).map(\.kind) == before.map(\.kind))
      let altered = try #require(entries.first { $0.kind == .altered })
      #expect(world.kept == [altered.detail["kept"]?.text])
      let back = try #require(entries.first { $0.kind == .requested(.rollBack) })
      #expect(back.actor == "sluice" && back.n == altered.n + 1)
      #expect(LedgerFaults.of(entries) == [])
      #expect(try await world.faultsOfTheFleet() == [])
    }
  }

  @Test("rollback without a controller goes back on a changed ledger, which it keeps and names")
  func changedAndNobody() async throws {
    try await WriterWorld.holding { world, controller in
      try await world.end(controller)
      try world.changeByte(ofLine: 4)
      let changed = try Files.read(world.ledger)

      for verb in ["pause", "abort", "resume"] {
        let refused = try await world.sluice(verb)
        #expect(refused.termination == .exited(1))
        #expect(refused.errorText.contains("\(world.ledger):4: "), "\(refused.errorText)")
        #expect(refused.errorText.contains("sluice rollback"))
      }
      for verb in ["status", "explain"] {
        let shown = try await world.sluice(verb)
        #expect(shown.termination == .exited(1))
        #expect(shown.outputText.lowercased().contains("the ledger's chain is broken"))
      }
      let rollback = try await world.sluice("rollback", "--reason", "a changed ledger")
      #expect(rollback.succeeded, "\(rollback.errorText)")
      let kept = try #require(world.kept.first)
      #expect(rollback.errorText.contains("\(world.ledger):4: "))
      #expect(rollback.errorText.contains(kept))
      #expect(try Files.read(world.home("disk/audit/\(kept)")) == changed)
      let entries = try await world.entries()
      #expect(entries.first?.kind == .altered)
      #expect(entries.last?.kind == .ended(.rolledBack))
      #expect(try await world.faultsOfTheFleet() == [])
      for name in WriterWorld.threeNames.dropFirst() {
        #expect(await world.hosts[name]?.current.restarts.isEmpty == true)
      }
      #expect(try await world.sluice("status").succeeded)
    }
  }

  /// The proof of the good state that is left.
  enum Left: String, CaseIterable, Sendable { case planFile, lastGood, nothing }

  @Test(
    "where the line that began it is wrong, another copy must vouch for the rollback",
    arguments: Left.allCases)
  func firstLine(_ left: Left) async throws {
    try await WriterWorld.holding { world, controller in
      let plan = try #require(
        try await LedgerReading.load(world.fleet.writer).replay.promotion?.plan)
      try await world.end(controller)
      try world.changeByte(ofLine: 1)
      if left != .planFile { try Files.removeTree(world.home("disk/state/plans")) }
      if left == .lastGood {
        let bytes = try CanonicalJSON.bytes(plan.snapshot)
        try Files.replace(world.home("disk/audit/last_good.json"), with: bytes)
      }
      let rollback = try await world.sluice("rollback")
      guard left != .nothing else {
        #expect(rollback.termination == .exited(1))
        #expect(rollback.errorText.contains("No plan and no last"), "\(rollback.errorText)")
        #expect(world.kept.isEmpty)
        return
      }
      #expect(rollback.succeeded, "\(rollback.errorText)")
      #expect(rollback.errorText.contains(left == .planFile ? "plan" : "last_good.json"))
      #expect(try await world.faultsOfTheFleet() == [])
    }
  }

  @Test("a stopped controller is named with its remedy, and carries out nothing that was given up")
  func stopped() async throws {
    try await WriterWorld.holding { world, controller in
      try Processes.signal(controller, 19)
      for verb in ["rollback", "pause", "abort", "resume"] {
        let refused = try await world.sluice(verb)
        #expect(refused.termination == .exited(1))
        #expect(refused.errorText.contains("process \(controller.pid)"), "\(refused.errorText)")
        #expect(refused.errorText.contains("kill -CONT \(controller.pid)"))
        #expect(refused.errorText.contains("--take-over"))
      }
      for verb in ["status", "explain"] {
        let shown = try await world.sluice(verb)
        #expect(shown.outputText.contains("does not answer"), "\(shown.outputText)")
        #expect(shown.outputText.contains("kill -CONT \(controller.pid)"))
      }
      let before = try await world.entries().count
      try Processes.signal(controller, 18)
      let goesOn = try await eventually { try await world.entries().count > before + 3 }
      #expect(goesOn)
      let later = try await world.entries().dropFirst(before)
      let isAsked = later.contains { if case .requested = $0.kind { true } else { false } }
      #expect(!isAsked)

      try Processes.signal(controller, 19)
      let rollback = try await world.sluice("rollback", "--take-over")
      #expect(rollback.succeeded, "\(rollback.errorText)")
      #expect(rollback.errorText.contains("process \(controller.pid)"))
      #expect(!Processes.isRunning(controller))
      let entries = try await world.entries()
      #expect(entries.last?.kind == .ended(.rolledBack))
      #expect(Set(entries.map(\.epoch)) == [Epoch(1), Epoch(2)])
      #expect(LedgerFaults.of(entries) == [])
      #expect(try await world.faultsOfTheFleet() == [])
    }
  }

  @Test("nobody takes over from a controller that answers")
  func answering() async throws {
    try await WriterWorld.holding { world, controller in
      for verb in ["rollback", "resume"] {
        let refused = try await world.sluice(verb, "--take-over")
        #expect(refused.termination == .exited(1))
        #expect(refused.errorText.contains("nothing to take over"))
      }
      #expect(Processes.isRunning(controller))
      let back = try await world.sluice("rollback")
      #expect(back.succeeded, "\(back.outputText)\n\(back.errorText)")
    }
  }

  @Test("a rollback that cannot set the share says so, and does not fill the ledger")
  func deafBalancer() async throws {
    try await WriterWorld.holding { world, _ in
      let haproxy = try await world.balancer.ensureRunning().process
      try Processes.signal(haproxy, 19)
      defer { try? Processes.signal(haproxy, 18) }
      let asked = try await world.sluice("rollback", "--detach")
      #expect(asked.succeeded, "\(asked.errorText)")
      let failed = try await eventually {
        try await world.entries().contains { $0.kind == .failed(.apply) }
      }
      #expect(failed)
      for (verb, word) in [("status", "cannot be set since"), ("explain", "cannot be set since")] {
        let shown = try await world.sluice(verb)
        #expect(shown.outputText.contains(word), "\(shown.outputText)")
      }
      let pause = try await world.sluice("pause")
      #expect(pause.termination == .exited(1))
      #expect(pause.errorText.contains("a rollback cannot be paused"), "\(pause.errorText)")
      let before = try await world.entries().count
      try await SystemClock.sleep(for: .seconds(12))
      #expect(try await world.entries().count - before <= 4)
      try Processes.signal(haproxy, 18)
      #expect(try await eventually { try await world.isRolledBack() })
      #expect(try await world.faultsOfTheFleet() == [])
    }
  }

  @Test("Ctrl-C of a command that only shows says that the promotion goes on, and ends with 130")
  func interrupted() async throws {
    try await WriterWorld.holding { world, controller in
      for arguments in [["status", "--watch"]] {
        let outcome = try await Processes.run(
          ProcessCommand(
            try requireTool("bash"),
            // With job control the command does not ignore SIGINT, as one in the background does.
            ["-c", "set -m; \"$@\" & p=$!; sleep 3; kill -INT $p; wait $p", "_", Injector.sluice]
              + arguments + ["--fleet", world.home("sluice.yaml")],
            environment: WriterWorld.environment, directory: "/", deadline: .seconds(30)))
        #expect(outcome.termination == .exited(130))
        #expect(outcome.errorText.contains("The promotion continues"), "\(outcome.errorText)")
        #expect(outcome.errorText.contains("process \(controller.pid)"))
      }
      #expect(Processes.isRunning(controller))
      let back = try await world.sluice("rollback")
      #expect(back.succeeded, "\(back.outputText)\n\(back.errorText)")
    }
  }

  @Test("of controllers that begin at once each loser says its own words, once")
  func losers() async throws {
    try await WriterWorld.with(names: WriterWorld.threeNames) { world in
      let digest = try await world.preparePromotion()
      let plan = String(digest.text.dropFirst(7))
      let outcomes = try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
        for _ in 0..<4 {
          group.addTask { try await world.sluice("promote", plan, "--detach") }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.count { $0.succeeded } == 1)
      for loser in outcomes where !loser.succeeded {
        let refusals = ["another controller holds", "is still"].reduce(0) {
          $0 + loser.errorText.components(separatedBy: $1).count - 1
        }
        #expect(refusals == 1, "\(loser.errorText)")
      }
      let back = try await world.sluice("rollback")
      #expect(back.succeeded, "\(back.outputText)\n\(back.errorText)")
    }
  }
}
