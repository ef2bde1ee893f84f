import SluiceText
import Testing

@Suite("Which name was meant")
struct NearestNameTests {
  @Test("at most one mistake in three letters, and never more than three")
  func mistakes() {
    #expect(EditDistance.nearest(to: "xyomote", among: ["promote"]) == "promote")
    #expect(EditDistance.nearest(to: "xyzmote", among: ["promote"]) == nil)
    #expect(EditDistance.nearest(to: "xyzimum_sessions", among: ["minimum_sessions"]) != nil)
    #expect(EditDistance.nearest(to: "wxyzmum_sessions", among: ["minimum_sessions"]) == nil)
    #expect(EditDistance.nearest(to: "yo", among: ["no"]) == "no")
    #expect(EditDistance.nearest(to: "xy", among: ["no"]) == nil)
  }

  @Test("three letters of its beginning name it, two do not")
  func beginnings() {
    #expect(EditDistance.nearest(to: "rol", among: ["status", "rollback"]) == "rollback")
    #expect(EditDistance.nearest(to: "ro", among: ["status", "rollback"]) == nil)
    #expect(EditDistance.nearest(to: "ROL", among: ["rollback"]) == "rollback")
  }

  @Test("of equally near ones the first; never the word itself")
  func first() {
    #expect(EditDistance.nearest(to: "bat", among: ["cat", "rat"]) == "cat")
    #expect(EditDistance.nearest(to: "plan", among: ["plan"]) == nil)
  }
}
