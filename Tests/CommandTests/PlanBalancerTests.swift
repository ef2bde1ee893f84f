import SluiceCore
import SluiceController
import SluiceJSON
import SluiceSimulator
import SluiceStatus
import Testing

@testable import SluiceCommands

@Suite("What a plan says of the balancer")
struct PlanBalancerTests {
  private func view(without missing: Set<BalancerCapability>) async throws -> PlanFigures {
    var plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    plan.capabilities = BalancerCapabilities.all(but: missing).inPlan
    let document = PlanDocument(
      plan: plan, digest: try plan.digest(), ticket: "", blockers: [], warnings: [],
      filesChanged: 4, balancer: nil)
    let reading = PlanReading(
      from: plan.from, to: plan.to, surveys: [:], silent: [:], balancer: nil,
      document: document, blockers: [], warnings: [])
    return PlanFigures(reading, fleet: plan.fleet, ticket: "")
  }

  @Test("one that can do all is told with what it can, and who is un-pinned")
  func whole() async throws {
    let view = try await view(without: [])
    let text = PlanView(view).lines(style: .plain).joined(separator: "\n")
    #expect(text.contains("balancer     can: share and pins in one motion, hold clients"))
    #expect(!text.contains("cannot:") && text.contains("un-pin "))
    #expect(try view.json()["balancer"]?["cannot"] == .array([]))
  }

  @Test("what one cannot is told with what follows from it")
  func lesser() async throws {
    let view = try await view(without: [.pins, .unpins, .eviction])
    let text = PlanView(view).lines(style: .plain).flatMap { $0.split(separator: " ") }
      .joined(separator: " ")
    #expect(text.contains("cannot: hold clients to a gateway, let them go, end connections"))
    #expect(text.contains("no client keeps its gateway"))
    #expect(text.contains("in a rollback they last until then"))
    #expect(!text.contains("un-pin "))
    #expect(
      try view.json()["balancer"]?["cannot"]
        == .array([.string("pins"), .string("unpins"), .string("eviction")]))
  }

  @Test("each warning has its line; what a person must accept is named first")
  func footer() async throws {
    func lines(_ openclaw: ReleaseLock.OpenClaw, _ warnings: [String]) async throws -> [String] {
      let plan = try await ExampleFleet.plan(
        ExampleFleet.world(), to: "1.4.2", openclaw: openclaw)
      let document = PlanDocument(
        plan: plan, digest: try plan.digest(), ticket: "", blockers: [], warnings: warnings,
        filesChanged: 4, balancer: nil)
      let reading = PlanReading(
        from: plan.from, to: plan.to, surveys: [:], silent: [:], balancer: nil,
        document: document, blockers: [], warnings: warnings)
      return PlanView(PlanFigures(reading, fleet: plan.fleet, ticket: "")).lines(style: .plain)
    }
    let plain = try await lines(ExampleFleet.build, ["the first", "the second"])
    #expect(plain.contains("  warning      the first"), "\(plain)")
    #expect(plain.contains("  warning      the second"))
    #expect(plain.last?.contains("Run it:  sluice promote ") == true)
    let demanding = try await lines(ExampleFleet.newerBuild, [])
    #expect(demanding.contains { $0.hasSuffix("A person must approve it first:") })
    #expect(demanding.contains { $0.hasPrefix("  sluice approve ") })
    #expect(!demanding.contains { $0.contains("Run it:") || $0.contains("warning") })
  }
}
