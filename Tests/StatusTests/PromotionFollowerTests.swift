import SluiceCore
import SluiceLedger
import SluicePorts
import Testing

@testable import SluiceStatus

@Suite("Following a promotion")
struct PromotionFollowerTests {
  @Test("it is under way until its last line, and every line is told once")
  func ended() async throws {
    let entries = try await Worlds.ledger()
    var follower = PromotionFollower(Worlds.id)
    var told: [StoryLine] = []
    for entry in entries.dropLast() {
      let look = try follower.look(new: [entry], holder: "a controller")
      told += look.told
      #expect(look.standing == .underWay)
    }
    let last = try follower.look(new: entries.suffix(1), holder: nil)
    guard case .ended(let promotion) = last.standing else {
      Issue.record("\(last.standing)")
      return
    }
    #expect(promotion.phase == .concluded(.completed))
    var narrator = LedgerNarrator()
    var all: [StoryLine] = []
    for entry in entries { all += try narrator.take(entry) }
    #expect(told + last.told == all)
  }

  @Test("a controller may be away for nine looks, not for ten; one that comes back counts anew")
  func abandoned() async throws {
    let entries = try await Worlds.ledger()
    var follower = PromotionFollower(Worlds.id)
    #expect(try follower.look(new: [], holder: nil).standing == .underWay)
    _ = try follower.look(new: Array(entries.prefix(20)), holder: "a controller")
    for _ in 0..<(PromotionFollower.patience - 1) {
      #expect(try follower.look(new: [], holder: nil).standing == .underWay)
    }
    #expect(try follower.look(new: [], holder: "its successor").standing == .underWay)
    for _ in 0..<(PromotionFollower.patience - 1) {
      #expect(try follower.look(new: [], holder: nil).standing == .underWay)
    }
    guard case .abandoned(let error) = try follower.look(new: [], holder: nil).standing else {
      Issue.record("nobody is at work, and nobody says so")
      return
    }
    #expect(error.message.contains("no controller is at work on p1 any more"))
    #expect(error.remedy?.contains("sluice resume") == true)
  }
}
