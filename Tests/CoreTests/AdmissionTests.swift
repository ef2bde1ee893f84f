import SluiceCore
import Testing

@Suite("Whom the balancer refuses")
struct AdmissionTests {
  private func gateway(
    _ name: String, _ arm: Arm = .stable, serves: Bool = true, fails: String? = nil
  ) -> Admission.Candidate {
    .init(host: HostName(name), arm: arm, isServing: serves, hardFailure: fails)
  }

  @Test("one that fails hard is refused while enough others are well")
  func alone() {
    let admission = Admission(
      [gateway("a", .canary), gateway("b", fails: "it runs another release"), gateway("c")],
      floor: 1)
    #expect(admission.refused == [HostName("b"): "it runs another release"])
    #expect(!admission.failsOpen)
  }

  @Test("a canary that fails hard is refused, and is not counted among those who are left")
  func canary() {
    let fleet = [gateway("a", .canary, fails: "x"), gateway("b"), gateway("c", fails: "x")]
    #expect(Admission(fleet, floor: 1).refused.count == 2)
    #expect(Admission(fleet, floor: 2).refused.isEmpty)
    #expect(Admission(fleet, floor: 2).letIn.count == 2)
  }

  @Test("what all of them have refuses nobody, also where the floor is 0", arguments: [0, 1, 2])
  func common(floor: Int) {
    let admission = Admission(
      ["a", "b", "c"].map { gateway($0, $0 == "a" ? .canary : .stable, fails: "Doctor") },
      floor: floor)
    #expect(admission.refused.isEmpty && admission.failsOpen)
  }

  @Test("who does not serve, or is taken out, is nobody to rely upon")
  func out() {
    let admission = Admission(
      [gateway("b", serves: false), gateway("c", fails: "x"), gateway("d", serves: false)],
      floor: 1)
    #expect(admission.refused.isEmpty)
    #expect(admission.letIn == [HostName("c"): "x"])
  }

  @Test("nobody is refused of whom nothing is known")
  func silence() {
    let admission = Admission([gateway("b"), gateway("c")], floor: 1)
    #expect(admission == Admission())
  }
}
