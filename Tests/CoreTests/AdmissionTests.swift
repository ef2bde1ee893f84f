import SluiceCore
import SluiceJSON
import Testing

@Suite("Whom the balancer refuses")
struct AdmissionTests {
  private func candidate(
    _ name: String, _ arm: Arm = .stable, isServing: Bool = true, failure: String? = nil
  ) -> Admission.Candidate {
    Admission.Candidate(
      host: HostName(name), arm: arm, isServing: isServing, hardFailure: failure)
  }

  @Test("one that fails hard is refused while the floor stands on others")
  func one() {
    let admission = Admission(
      [candidate("b", failure: "x"), candidate("c"), candidate("d")], floor: 2)
    #expect(admission.refused == [HostName("b"): "x"])
    #expect(!admission.failsOpen)
  }

  @Test("with fewer than the floor left, all are let in: the canary, too")
  func open() {
    let admission = Admission(
      [candidate("a", .canary, failure: "y"), candidate("b", failure: "x"), candidate("c")],
      floor: 2)
    #expect(admission.refused.isEmpty)
    #expect(admission.letIn == [HostName("a"): "y", HostName("b"): "x"])
    #expect(admission.failsOpen)
  }

  @Test("a gateway that does not serve, and the canary, count for nobody's floor")
  func floor() {
    let admission = Admission(
      [candidate("a", .canary), candidate("b", failure: "x"), candidate("c", isServing: false)],
      floor: 1)
    #expect(admission.failsOpen)
    #expect(Admission([candidate("b", failure: "x"), candidate("c")], floor: 0).refused.count == 1)
    #expect(Admission([candidate("b", failure: "x")], floor: 0).failsOpen)
  }

  @Test(
    "whatever fails, the stables that serve and are not refused are the floor, or all that serve")
  func property() {
    for code in 0..<4_096 {
      // Three bits a gateway: does it serve, does it fail hard, is it the canary.
      let all = (0..<4).map { index in
        let bits = code >> (3 * index)
        return candidate(
          "h\(index)", bits & 4 == 0 ? .stable : .canary, isServing: bits & 1 == 1,
          failure: bits & 2 == 0 ? nil : "x")
      }
      for floor in 1...3 {
        let admission = Admission(all, floor: floor)
        let serving = all.filter { $0.arm == .stable && $0.isServing }
        let left = serving.filter { admission.refused[$0.host] == nil }
        #expect(left.count >= min(floor, serving.count))
        #expect(admission.refused.isEmpty || admission.letIn.isEmpty)
        let failing = Set(all.filter { $0.hardFailure != nil }.map(\.host))
        #expect(Set(admission.refused.keys).union(admission.letIn.keys) == failing)
      }
    }
  }
}

@Suite("Hard failures of the probe")
struct HardFailureTests {
  /// A contradiction to the lock, or harm to clients, is hard. A missing or old answer, and a gateway that
  /// serves nobody, are not.
  @Test("what is seen to be wrong is hard, and what could not be asked is not")
  func kinds() {
    let hard: Set<String> = [
      "current names another version", "current dangles", "the tree was altered",
      "the slice has a fault", "the process runs another version",
      "the process runs another tree of the same version",
      "the process reports nothing and is older than its link", "the process is another build",
      "the checkout pins other skills", "the balancer's requests are refused",
      "an accepted warning that became an error",
    ]
    for spoilt in ProbeMergeTests.spoilt {
      let probe = ProbeExample.probe(spoilt.spoil)
      #expect(
        !probe.hardFailures.isEmpty == hard.contains(spoilt.testDescription),
        "\(spoilt.testDescription)")
    }
  }

  @Test("an answer that is too old, of Doctor or of the agent, is acted upon by nobody")
  func age() {
    func red(_ inputs: inout ProbeInputs) {
      var finding = ProbeExample.known
      finding.severity = .error
      inputs.doctor["*"] = ProbeExample.findings([finding])
    }
    let fresh = ProbeExample.probe(red)
    #expect(fresh.hardFailures.count == 1)
    #expect(fresh.aged(5_001, policy: ProbeExample.policy).hardFailures.isEmpty)
    let old = ProbeExample.probe { inputs in
      red(&inputs)
      inputs.doctor["*"]?.ageMilliseconds = ProbeExample.policy.doctorMaximumAgeMilliseconds + 1
    }
    #expect(old.status == .fail && old.hardFailures.isEmpty)
  }

  @Test("a new error of a tenant without traffic is no reason")
  func quietTenant() {
    var finding = ProbeExample.known
    finding.severity = .error
    let probe = ProbeExample.probe { inputs in
      inputs.doctor = ["acme": ProbeExample.findings([finding])]
      inputs.word = ProbeExample.word(["globex"])
    }
    #expect(probe.status == .ok && probe.hardFailures.isEmpty)
  }

  @Test("both answers travel; an older agent's answer has none of them and refuses nobody")
  func coding() throws {
    let probe = ProbeExample.probe {
      $0.disk.slice = .seen(.init(version: "1.4.2", tree: .zero, fault: nil))
    }
    let bytes = try CanonicalJSON.bytes(probe)
    let read = try CanonicalJSON.decode(MergedProbe.self, from: bytes)
    #expect(read == probe)
    #expect(read.hardFailures.count == 1 && read.serving == .init(ready: true))
    let text = String(decoding: bytes, as: UTF8.self)
      .replacing(#""hard":true,"#, with: "").replacing(
        #""serving":{"ready":true,"tolerated":[]},"#, with: "")
    let old = try CanonicalJSON.decode(MergedProbe.self, from: Array(text.utf8))
    #expect(old.hardFailures.isEmpty && old.serving == nil && old.status == .fail)
  }

  @Test("whether it serves is the gateway's word, with the components that were accepted")
  func serving() {
    #expect(ProbeExample.probe { $0.doctor = [:] }.serving == .init(ready: true))
    let tolerated = ProbeExample.probe {
      $0.process.readiness = .started(failing: ["telegram"])
      $0.acceptedComponents = ["telegram"]
    }
    #expect(tolerated.serving == .init(ready: true, tolerated: ["telegram"]))
    #expect(ProbeExample.probe { $0.process.readiness = .draining }.serving == .init(ready: false))
    #expect(ProbeExample.probe { $0.process.isSeen = false }.serving == nil)
  }
}
