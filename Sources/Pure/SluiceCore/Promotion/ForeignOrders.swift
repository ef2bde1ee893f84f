/// The epochs and operations that the ledger issued. Any others that a host has seen are foreign.
public struct LedgerWord: Sendable, Hashable {
  /// The highest epoch of any controller, including the asking one.
  public var epoch: Epoch
  /// Every operation that the ledger intended; nil if the ledger was not searched.
  public var operations: Set<OperationID>?

  public init(epoch: Epoch, operations: Set<OperationID>? = nil) {
    self.epoch = epoch
    self.operations = operations
  }
}

extension HostSurvey {
  /// Operations that the host performed after the last one that the ledger intended. Earlier ones
  /// prove nothing: the host may have belonged to another ledger, or this ledger may have lost
  /// lines.
  public func foreignOperations(by word: LedgerWord) -> [OperationID] {
    guard let operations, let known = word.operations,
      let last = operations.lastIndex(where: known.contains)
    else { return [] }
    // What the agent did by itself, it did on this ledger's word.
    return operations[(last + 1)...].filter { $0.armedBy.map(known.contains) != true }
  }
}

extension PlanCheck {
  /// Foreign orders on a host. An epoch above the ledger's fences every order of this writer. An
  /// operation that the ledger never intended means that another writer may order the host.
  static func foreignBlockers(
    _ host: HostSpec, _ survey: HostSurvey, _ word: LedgerWord
  ) -> [String] {
    let reset = "sluice agent --host \(host.name) --reset-epoch"
    var found: [String] = []
    if survey.epoch > word.epoch {
      found.append(
        "\(host.name) has seen epoch \(survey.epoch), the ledger's highest is \(word.epoch): it "
          + "refuses this writer. Does another writer lead it? If none does, stop its agent and run "
          + "there:  \(reset)")
    }
    let foreign = survey.foreignOperations(by: word)
    if let first = foreign.first {
      let more = foreign.count > 1 ? " and \(foreign.count - 1) more" : ""
      found.append(
        "\(host.name) performed operation \(first)\(more), which the ledger does not know: somebody "
          + "else gives orders there. Find out who; then stop its agent and run there:  \(reset)")
    }
    return found
  }

  /// For a verification: foreign operations are reported and are no fault of the host's release.
  static func strangers(
    _ surveys: [HostName: HostSurvey], _ word: LedgerWord?
  ) -> [HostName: [OperationID]]? {
    guard let word else { return nil }
    let found = surveys.mapValues { Array($0.foreignOperations(by: word).prefix(5)) }
      .filter { !$0.value.isEmpty }
    return found.isEmpty ? nil : found
  }
}
