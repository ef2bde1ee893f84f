/// What the ledger has let hosts see. Whatever a host has seen beyond it came from somebody else.
public struct LedgerWord: Sendable, Hashable {
  /// The highest that any controller had, the asking one among them.
  public var epoch: Epoch
  /// Everything that was ever intended; nil where nobody has looked.
  public var operations: Set<OperationID>?

  public init(epoch: Epoch, operations: Set<OperationID>? = nil) {
    self.epoch = epoch
    self.operations = operations
  }
}

extension HostSurvey {
  /// Operations that the host performed after the last one that the ledger intended. What is older says
  /// nothing: the host may have had another ledger before, or this one lost lines and went on.
  public func foreignOperations(by word: LedgerWord) -> [OperationID] {
    guard let operations, let known = word.operations,
      let last = operations.lastIndex(where: known.contains)
    else { return [] }
    return Array(operations[(last + 1)...])
  }
}

extension PlanCheck {
  /// Orders of others on a host: an epoch above the ledger's fences every order of this writer, and an
  /// operation that nobody intended means that somebody else may give orders there.
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

  /// For a verification: named, and no fault of what the host runs.
  static func strangers(
    _ surveys: [HostName: HostSurvey], _ word: LedgerWord?
  ) -> [HostName: [OperationID]]? {
    guard let word else { return nil }
    let found = surveys.mapValues { Array($0.foreignOperations(by: word).prefix(5)) }
      .filter { !$0.value.isEmpty }
    return found.isEmpty ? nil : found
  }
}
