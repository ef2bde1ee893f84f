import SluiceCore
import SluiceEngine
import SluicePorts
import Synchronization
import Testing

@Suite("Persons who ask at the same time")
struct TwoSendersTests {
  @Test("each is answered, though nothing comes of any request")
  func each() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    let engine = Examples.engine(world)
    let past = Moment(wallMilliseconds: 0, monotonicMilliseconds: -1, boot: "boot-1")
    let answers = Answers()
    for actor in ["bo", "cy", "di"] {
      Task {
        do throws(PortError) {
          _ = try await engine.deliver(
            Request(action: .pause, actor: actor, reason: ""), until: past)
        } catch { answers.add(error.kind) }
      }
    }
    _ = try await engine.start(PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    // The third sender is refused as well. A sender that the engine forgets would never get an answer.
    for _ in 0..<10_000 where answers.all.count < 3 { await Task.yield() }
    #expect(answers.all == [.refused, .refused, .refused])
  }

  private final class Answers: Sendable {
    private let kinds = Mutex<[PortError.Kind]>([])

    var all: [PortError.Kind] { kinds.withLock { $0 } }

    func add(_ kind: PortError.Kind) { kinds.withLock { $0.append(kind) } }
  }
}
