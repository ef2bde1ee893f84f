/// Whom the balancer refuses though the gateway itself serves: the second answer beside the
/// balancer's own check of every gateway.
///
/// A gateway that fails hard (`MergedProbe.hardFailures`) leaves while enough others are well. Where
/// fewer than the capacity floor would be left the cause is common, and the balancer fails open:
/// nobody is refused. A host whose probe is not heard, or too old, is never refused.
public struct Admission: Sendable, Hashable, Codable {
  public struct Candidate: Sendable, Hashable {
    public var host: HostName
    public var arm: Arm
    /// Whether the balancer would give it a session, if it were not refused: by the balancer's check
    /// of the gateway, and not taken out.
    public var isServing: Bool
    /// The first of its hard failures; nil: none is known.
    public var hardFailure: String?

    public init(host: HostName, arm: Arm, isServing: Bool, hardFailure: String?) {
      self.host = host
      self.arm = arm
      self.isServing = isServing
      self.hardFailure = hardFailure
    }
  }

  /// Who is refused, and why.
  public var refused: [HostName: String]
  /// Who fails hard and is let in all the same, because too few others are well.
  public var letIn: [HostName: String]

  public init(refused: [HostName: String] = [:], letIn: [HostName: String] = [:]) {
    self.refused = refused
    self.letIn = letIn
  }

  /// - Parameter floor: how many stable gateways must be left in service, at least 1.
  public init(_ candidates: [Candidate], floor: Int) {
    var failing: [HostName: String] = [:]
    var well = 0
    for candidate in candidates {
      if let failure = candidate.hardFailure {
        failing[candidate.host] = failure
      } else if candidate.arm == .stable, candidate.isServing {
        well += 1
      }
    }
    let isCommon = well < max(1, floor)
    self.init(refused: isCommon ? [:] : failing, letIn: isCommon ? failing : [:])
  }

  /// Whether the balancer lets in who fails hard.
  public var failsOpen: Bool { !letIn.isEmpty }
}
