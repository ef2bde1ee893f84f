import SluiceCore
import SluiceLedger
import SluicePorts

/// Follows one promotion look by look: what is new, and whether there is more to come. A value: the looks
/// are taken elsewhere.
public struct PromotionFollower: Sendable {
  public enum Standing: Sendable, Hashable {
    case underWay
    /// Concluded, or rolled back and not verified.
    case ended(Promotion)
    /// Its controller is gone, and nobody took its place.
    case abandoned(PortError)
  }

  private let id: PromotionID
  private var narrator: LedgerNarrator
  private var looksAlone = 0
  /// A controller that lets go of the lease has ended its promotion, or itself: after so many looks
  /// without one it is the latter.
  static let patience = 10

  public init(_ id: PromotionID) {
    self.id = id
    narrator = LedgerNarrator(id)
  }

  /// - Parameters:
  ///   - new: the ledger's lines since the look before.
  ///   - holder: who holds the writer's lock.
  public mutating func look(
    new: [LedgerEntry], holder: String?
  ) throws(LedgerFault) -> (told: [StoryLine], standing: Standing) {
    var told: [StoryLine] = []
    for entry in new { told += try narrator.take(entry) }
    guard let promotion = narrator.promotion else { return (told, .underWay) }
    if promotion.phase.isOver { return (told, .ended(promotion)) }
    looksAlone = holder == nil ? looksAlone + 1 : 0
    guard looksAlone >= Self.patience else { return (told, .underWay) }
    let error = PortError(
      .failed,
      "no controller is at work on \(id) any more; its phase is " + promotion.phase.title,
      remedy: "Continue:  \(NextAction.resume.text)   Or roll back:  \(NextAction.rollback.text)")
    return (told, .abandoned(error))
  }
}

extension Phase {
  /// Whether somebody who waits for its end need wait no longer. What was not verified is tried again
  /// without end.
  public var isOver: Bool { isTerminal || self == .rolledBackUnverified }
}
