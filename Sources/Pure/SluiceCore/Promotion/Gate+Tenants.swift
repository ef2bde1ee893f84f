// Whether the step's tenants are where the step pins them.

extension StepGates {
  /// Every session of the step's tenants goes to the canary. A session elsewhere holds the step to its
  /// end: the balancer does not do what it says, and nobody can tell which release its tenants meet.
  /// A session that failed open does not hold: the `balancer` gate holds while the canary is out.
  ///
  /// Nil where no tenant is pinned.
  static func tenants(_ view: StepView) -> GateResult? {
    guard let names = view.weights?.tenants, !names.isEmpty else { return nil }
    let list = names.joined(separator: ", ")
    guard let cohorts = view.watch?.assessment.cohorts else {
      return GateResult(
        .tenants, answer: .open, cell: "no session yet",
        paragraph: "The step pins \(list) to the canary; no session of them has come yet.")
    }
    let release = view.canaries.sorted().lazy.compactMap { view.beliefs[$0]?.version }.first
    let words = cohorts.words(of: names, on: release ?? "the canary")
    let strays = names.filter { (cohorts.tenants[$0]?.elsewhere ?? 0) > 0 }
    guard let first = strays.first, let counts = cohorts.tenants[first] else {
      return GateResult(
        .tenants, answer: .open, cell: "on the canary", paragraph: "\(words).")
    }
    let others = strays.count == 2 ? "one more tenant" : "\(strays.count - 1) more tenants"
    let more = strays.count > 1 ? " So did sessions of \(others)." : ""
    return GateResult(
      .tenants, answer: .holds(afterMilliseconds: nil),
      cell: "\(first): \(Wording.count(counts.elsewhere)) elsewhere",
      paragraph: "\(Wording.count(counts.elsewhere)) of \(Wording.count(counts.sessions)) sessions "
        + "of \(first) went to a stable gateway, and the step pins \(first) to the canary: the "
        + "balancer does not do what it says.\(more) \(words).")
  }
}
