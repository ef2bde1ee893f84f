import SluiceCore

// The tenants that the present step pins to the canary, and where their sessions went.

extension Promotion {
  /// By the last assessment of the present weights; nil without a session of a pinned tenant.
  var cohorts: CohortCounts? {
    watch.flatMap { $0.assessment.generation == weights.generation ? $0.assessment.cohorts : nil }
  }

  /// Nil where no tenant is pinned.
  ///
  /// - Parameter assessment: nil: there is none of the present weights.
  func tenantWords(by assessment: Assessment?) -> String? {
    let names = weights.tenants
    guard !names.isEmpty else { return nil }
    let counts = assessment.flatMap { $0.generation == weights.generation ? $0.cohorts : nil }
    return counts?.words(of: names, on: plan.to.lock.skills.version)
      ?? "\(names.joined(separator: ", ")) pinned to the canary: no session yet"
  }
}
