import SluiceCore
import SluiceLedger

// 33, what a person accepted: intent in the ledger, then the hosts, then what they say; each once.

extension Invariants {
  private static let accepted = "what a person accepted"

  mutating func checkAcceptances(_ watch: AcceptanceWatch) {
    var done: Set<OperationID> = []
    for deed in watch.deeds {
      let isIntended = watch.lines.prefix(deed.lines).contains { line in
        line.kind == .intended && line.operation == deed.operation && line.host == deed.host
          && line.epoch == deed.epoch && line.findings == deed.findings
      }
      expect(
        isIntended, 33, Self.accepted,
        "\(deed.host) took findings as good by \(deed.operation), which was not in the ledger")
      expect(
        done.insert(deed.operation).inserted, 33, Self.accepted,
        "\(deed.host) accepted by \(deed.operation) twice")
    }
    for line in watch.untrue {
      expect(
        false, 33, Self.accepted,
        "the ledger says that \(line.host) accepted by \(line.operation), and it had not")
    }
    guard !watch.lines.isEmpty else { return }
    let epochs = Set(lines.map(\.epoch))
    var said: Set<String> = []
    for line in watch.lines {
      expect(
        !epochs.contains(line.epoch), 33, Self.accepted,
        "\(line.operation) was written under epoch \(line.epoch), which is a controller's")
      expect(
        said.insert("\(line.kind.rawValue) \(line.operation)").inserted, 33, Self.accepted,
        "\(line.operation) stands in the ledger twice as \(line.kind.rawValue)")
    }
  }
}
