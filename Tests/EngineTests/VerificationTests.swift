import SluiceCore
import SluicePorts
import SluiceSimulator
import Testing

/// Everything that must be read back before a rollback is called verified.
@Suite("Verification of a rollback")
struct VerificationTests {
  private let snapshot: Snapshot
  private let surveys: [HostName: HostSurvey]
  private let balancer: BalancerState

  init() async throws {
    let world = Examples.world()
    snapshot = try await Examples.plan(world, to: "1.4.2").snapshot
    var surveys: [HostName: HostSurvey] = [:]
    for (name, host) in world.hosts {
      surveys[name] = try await host.ask(.survey(), deadline: .seconds(1))
    }
    self.surveys = surveys
    balancer = await world.balancer.state
  }

  private func verify(
    _ change: (inout [HostName: HostSurvey], inout BalancerState) -> Void = { _, _ in },
    silent: [HostName: String] = [:], fault: String? = nil
  ) -> Verification {
    var (surveys, balancer) = (surveys, balancer)
    change(&surveys, &balancer)
    return PlanCheck.verify(
      snapshot, surveys: surveys, silent: silent, balancer: fault == nil ? balancer : nil,
      balancerFault: fault)
  }

  @Test("a fleet as it was archived is back")
  func clean() {
    #expect(verify().isClean)
    #expect(verify().weights == balancer.weights)
  }

  @Test("a host that does not answer is not back, whatever the others say")
  func silence() {
    for host in [Examples.canary] + Examples.stables {
      let found = verify({ surveys, _ in surveys[host] = nil }, silent: [host: "timed out"])
      #expect(found.faults == [host: "it does not answer: timed out"])
      #expect(!found.isClean)
      #expect(
        verify({ surveys, _ in surveys[host] = nil }).faults[host]
          == "it does not answer: no reason given")
    }
  }

  @Test("what differs on a host is named: links, process, fingerprint, build, the slice on disk")
  func hosts() {
    let edits: [((inout HostSurvey) -> Void, String)] = [
      ({ $0.links.current = "1.4.2" }, "its links name 1.4.2"),
      ({ $0.links.next = "1.4.2" }, "and 1.4.2, archived are"),
      ({ $0.gateway?.marker?.version = "1.4.2" }, "still runs 1.4.2"),
      ({ $0.gateway?.marker = nil }, "reports no release"),
      ({ $0.gateway = nil }, "reports no release"),
      ({ $0.gateway?.version = "2026.9.6" }, "2026.9.6"),
      ({ $0.probe.fingerprint = Digest(of: [1]) }, "fingerprint is not the archived one"),
      // The probe was taken before.
      ({ $0.slices[0].tree = Digest(of: [1]) }, "slice 1.4.1 was altered on disk"),
      ({ $0.slices[0].fault = "a link in it" }, "slice 1.4.1 is not sound: a link in it"),
    ]
    for (edit, words) in edits {
      let found = verify({ surveys, _ in
        if var survey = surveys[Examples.canary] {
          edit(&survey)
          surveys[Examples.canary] = survey
        }
      })
      #expect(found.faults.count == 1 && !found.isClean)
      #expect(found.faults[Examples.canary]?.contains(words) == true, "\(found.faults)")
    }
  }

  @Test(
    "a fleet without next is back with the next that a promotion left, and only with its current")
  func leftNext() {
    var byHand = snapshot
    for name in byHand.hosts.keys { byHand.hosts[name]?.links.next = nil }
    func verify(_ change: (inout Links) -> Void) -> Verification {
      var surveys = surveys
      for name in surveys.keys {
        surveys[name]?.links.next = "1.4.2"
        if name == Examples.canary, var survey = surveys[name] {
          change(&survey.links)
          surveys[name] = survey
        }
      }
      return PlanCheck.verify(
        byHand, surveys: surveys, silent: [:], balancer: balancer, balancerFault: nil)
    }
    #expect(verify { _ in }.isClean)
    #expect(verify { $0.next = nil }.isClean)
    #expect(verify { $0.current = "1.4.2" }.faults.count == 1)
    #expect(verify { $0.currentFault = "it is no link" }.faults.count == 1)
  }

  @Test("neither is a balancer that gives another share, lacks a host, or cannot be read")
  func balancerDiffers() throws {
    let share = try #require(Share(basisPoints: 500))
    #expect(
      verify({ _, balancer in balancer.weights.share = share }).balancerFault
        == "it gives the canary 5 %, archived is 0 %")
    let out = verify({ _, balancer in balancer.servers[1].isTakenOut = true })
    #expect(out.balancerFault == "\(balancer.servers[1].host) is not in service")
    let down = verify({ _, balancer in balancer.servers[2].isUp = false })
    #expect(down.balancerFault == "\(balancer.servers[2].host) is not in service")
    #expect(verify(fault: "no answer").balancerFault == "no answer")
    #expect(!verify(fault: "no answer").isClean)
  }
}
