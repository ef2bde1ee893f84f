import SluiceCore
import SluiceEngine
import SluicePorts
import Testing

@Suite("Persons who ask at the same time")
struct TwoSendersTests {
  @Test("each is answered, though nothing comes of either", .timeLimit(.minutes(1)))
  func both() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    let engine = Examples.engine(world)
    let past = Moment(wallMilliseconds: 0, monotonicMilliseconds: -1, boot: "boot-1")
    let answers = await withTaskGroup(of: PortError.Kind?.self) { group in
      group.addTask {
        let promotion = try? await engine.start(
          PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
        return promotion == nil ? .failed : nil
      }
      for actor in ["bo", "cy", "di"] {
        group.addTask {
          do throws(PortError) {
            _ = try await engine.deliver(
              Request(action: .pause, actor: actor, reason: ""), until: past)
            return nil
          } catch { return error.kind }
        }
      }
      return await group.reduce(into: [PortError.Kind]()) { answers, kind in
        if let kind { answers.append(kind) }
      }
    }
    #expect(answers == [.refused, .refused, .refused])
  }
}
