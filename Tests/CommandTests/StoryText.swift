import SluiceCore
import SluiceLedger
import SluiceStatus

@testable import SluiceCommands

/// A promotion's story as `promote` prints it, without colours.
enum StoryText {
  static func lines(
    of entries: [LedgerEntry], promotion id: PromotionID = PromotionID(rawValue: "p1")
  ) throws(LedgerFault) -> [String] {
    var narrator = LedgerNarrator(id)
    var lines: [String] = []
    for entry in entries {
      for line in try narrator.take(entry) where !line.isPassing {
        lines += StoryView(line).lines().map(\.plain)
      }
    }
    return lines
  }
}
