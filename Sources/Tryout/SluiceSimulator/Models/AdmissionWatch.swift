import SluiceCore

/// Checks at each session which gateways the balancer serves and which it refuses. A wrong state
/// that lasts longer than a look of the keeper counts as a violation.
struct AdmissionWatch: Sendable {
  enum Wrong: Sendable, Hashable {
    /// The balancer was killed, its keeper lives, and the balancer does not run.
    case stopped
    /// A gateway that serves is refused, and fewer than the floor of stable ones are left.
    case emptied(HostName)
    /// The keeper refuses a gateway that serves, without a probe that fails hard.
    case refusedWithoutProof(HostName)
    /// A gateway that fails hard is given sessions while enough others are well.
    case served(HostName)

    var words: String {
      switch self {
      case .stopped: "the balancer was killed, and its keeper did not start it"
      case .emptied(let host):
        "\(host) serves and was refused, with fewer stable gateways left than the floor"
      case .refusedWithoutProof(let host):
        "\(host) serves and was refused, though nobody said that it fails hard"
      case .served(let host):
        "\(host) fails hard, enough others are well, and it was given sessions all the same"
      }
    }
  }

  /// A look of the keeper, and what it takes to act on it.
  static let patience: Int64 = 1_500

  private var process: Int32 = 0
  private var open: [(wrong: Wrong, since: Int64)] = []
  private(set) var found: [Wrong] = []

  /// Notes the faults from now on, until something changes.
  mutating func note(_ wrongs: [Wrong], of process: Int32, at now: Int64) {
    if wrongs.isEmpty, open.isEmpty { return self.process = process }
    // A new process of the balancer begins anew, and so does its keeper.
    let known = self.process == process ? open : []
    self.process = process
    open = wrongs.map { wrong in
      (wrong, known.first { $0.wrong == wrong }?.since ?? now)
    }
  }

  /// Sessions come.
  mutating func serve(at now: Int64) {
    for (wrong, since) in open where now - since > Self.patience && !found.contains(wrong) {
      found.append(wrong)
    }
  }
}
