/// The gateways that the keeper refuses although they serve. The balancer's own check of each
/// gateway comes in addition.
///
/// A gateway that fails hard (`MergedProbe.hardFailures`) is refused while enough others are
/// healthy. If fewer than the capacity floor would be left, the cause is common: the balancer fails
/// open and refuses no gateway. A host whose probe is missing or too old is never refused.
public struct Admission: Sendable, Hashable, Codable {
  public struct Candidate: Sendable, Hashable {
    public var host: HostName
    public var arm: Arm
    /// Whether the balancer would give this gateway sessions if the keeper did not refuse the
    /// gateway: the balancer's check succeeds and the host is not taken out.
    public var isServing: Bool
    /// The first hard failure of the host; nil: none is known.
    public var hardFailure: String?

    public init(host: HostName, arm: Arm, isServing: Bool, hardFailure: String?) {
      self.host = host
      self.arm = arm
      self.isServing = isServing
      self.hardFailure = hardFailure
    }
  }

  /// The refused gateways, each with the reason.
  public var refused: [HostName: String]
  /// Gateways that fail hard and still get sessions, because too few others are healthy.
  public var letIn: [HostName: String]

  public init(refused: [HostName: String] = [:], letIn: [HostName: String] = [:]) {
    self.refused = refused
    self.letIn = letIn
  }

  /// - Parameter floor: the number of stable gateways that must stay in service, at least 1.
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

  /// Whether the balancer admits gateways that fail hard.
  public var failsOpen: Bool { !letIn.isEmpty }
}
