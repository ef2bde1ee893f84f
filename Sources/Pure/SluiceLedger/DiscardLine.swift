import SluiceCore
import SluiceJSON

/// The line of items that `sluice gc` discards on one machine. The line belongs to no promotion: a
/// replay uses only its epoch.
public struct DiscardLine: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// The items are about to be removed.
    case intended
    /// The machine was read back, and the items are gone.
    case discarded
  }

  public var kind: Kind
  public var place: StoredItem.Place
  public var items: [StoredItem.ID]
  public var operation: OperationID
  public var epoch: Epoch
  public var moment: Moment
  public var actor: String

  public init(
    _ kind: Kind, at place: StoredItem.Place, _ items: [StoredItem.ID], operation: OperationID,
    epoch: Epoch, at moment: Moment, actor: String
  ) {
    self.kind = kind
    self.place = place
    self.items = items
    self.operation = operation
    self.epoch = epoch
    self.moment = moment
    self.actor = actor
  }

  /// A line names this many items at most, and counts all of them.
  private static let named = 50

  public var draft: LedgerDraft {
    let host: JSONValue =
      if case .host(let name) = place { .string(name.rawValue) } else { .null }
    return LedgerDraft(
      actor: actor,
      detail: [
        "host": host, "count": .integer(Int64(items.count)),
        "items": .array(items.prefix(Self.named).map { .string(Speech.text($0.description)) }),
      ],
      epoch: epoch, from: "", kind: kind == .intended ? .discardIntended : .itemsDiscarded,
      moment: moment, operation: operation.rawValue, probeDigest: "", promotion: "", step: -1,
      ticket: "", to: "", weights: [:])
  }
}
