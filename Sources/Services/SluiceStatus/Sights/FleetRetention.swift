import SluiceCore
import SluiceJSON
import SluicePorts

/// The items that `sluice gc` removes from every machine, and the items that stay, each with its
/// reason.
public struct FleetRetention: Sendable {
  public struct Machine: Sendable {
    public let place: StoredItem.Place
    public let decision: Result<RetentionDecision, PortError>
    /// The fate of the items that go; nil: nothing was ordered.
    public let report: Result<DiscardReport, PortError>?
  }

  /// The writer first, then the hosts by name.
  public let machines: [Machine]
  /// Whether items were to be removed, and not only shown.
  public let hasDiscarded: Bool

  /// - Parameter reports: nil: nothing was to be removed.
  public init(
    _ decisions: [StoredItem.Place: Result<RetentionDecision, PortError>],
    reports: [StoredItem.Place: Result<DiscardReport, PortError>]? = nil
  ) {
    hasDiscarded = reports != nil
    machines = decisions.sorted { $0.key < $1.key }.map {
      Machine(place: $0.key, decision: $0.value, report: reports?[$0.key])
    }
  }

  /// Whether every machine answered, and removed what it was told to remove.
  public var isWell: Bool {
    machines.allSatisfy { machine in
      guard case .success = machine.decision else { return false }
      guard let report = machine.report else { return true }
      if case .success(let done) = report { return done.faults.isEmpty }
      return false
    }
  }

  /// Whether a machine has an item that may go.
  public var hasRemovals: Bool {
    machines.contains { ((try? $0.decision.get())?.removed.isEmpty) == false }
  }

  /// The document `sluice.gc/1`.
  public var json: JSONValue {
    let list = machines.map { machine -> JSONValue in
      var members: [String: JSONValue] = ["machine": .string(machine.place.description)]
      switch machine.decision {
      case .failure(let error): members["error"] = .string(error.message)
      case .success(let decision):
        members["goes"] = .array(decision.removed.map(Self.value))
        members["stays"] = .array(decision.kept.map(Self.value))
      }
      switch machine.report {
      case nil: break
      case .failure(let error)?: members["error"] = .string(error.message)
      case .success(let report)?:
        members["removed"] = .integer(Int64(report.removed))
        members["removed_bytes"] = .integer(report.bytes.clampedToJSON)
        members["faults"] = .array(report.faults.map { .string($0) })
      }
      return .object(members)
    }
    return [
      "schema": "sluice.gc/1", "dry_run": .bool(!hasDiscarded), "machines": .array(list),
    ]
  }

  private static func value(_ choice: RetentionDecision.Choice) -> JSONValue {
    [
      "kind": .string(choice.item.id.kind.rawValue), "name": .string(choice.item.id.name),
      "bytes": .integer(choice.item.bytes.clampedToJSON), "reason": .string(choice.reason),
    ]
  }
}
