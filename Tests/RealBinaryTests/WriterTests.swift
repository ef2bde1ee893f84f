import SluiceCore
import SluiceController
import SluiceSystem
import SluiceTestSupport
import Testing

/// Rolls a fleet back while a system call of the controller is harmed, then goes on unharmed.
struct WriterLane: Lane {
  let world: WriterWorld

  func play(_ injection: Injection, at number: Int) async throws -> Run {
    let digest = try await world.prepareRevert()
    // A balancer whose own disk fails is tried again after a while, which takes its while.
    let injector = injection.ends ? world.injector : world.ledgerInjector
    let outcome = try await Processes.run(
      injector.command(
        (injection, number), world.controller(WriterWorld.starting(digest)),
        environment: WriterWorld.environment))
    let harmed = try injector.calls().harmed
    var faults: [String] = []
    if outcome.timedOut { faults.append("it hung: \(outcome.errorText)") }
    if harmed != nil, injection.ends != (outcome.termination == .exited(137)) {
      faults.append("it ended with \(outcome.termination)")
    }
    faults += await world.faultsInBetween()
    faults += try await world.bringToItsEnd(digest)
    faults += try await world.faultsAtTheEnd(restarts: 1)
    return Run(harmed: harmed, faults: faults)
  }
}

@Suite("The real controller, each of its system calls harmed", .serialized)
struct WriterTests {
  private static let lanes = 4

  @Test(
    "a rollback comes to its verified end whatever happens to a call",
    .enabled("no program can be traced here, or HAProxy is missing") {
      guard hasTool("haproxy") else { return false }
      return try await Injector.isAllowed()
    }, arguments: Injection.allCases)
  func rollback(_ injection: Injection) async throws {
    let sweep = try await Sweep.run(injection, lanes: Self.lanes) { body in
      try await WriterWorld.with { try await body(WriterLane(world: $0)) }
    }
    print("kill points of the real controller: \(sweep.line)")
    #expect(sweep.faults == [])
    #expect(sweep.count > 20)
  }
}
