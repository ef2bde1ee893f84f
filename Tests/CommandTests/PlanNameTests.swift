import SluiceController
import Testing

@Suite("What promote takes for a plan")
struct PlanNameTests {
  @Test("a digest or its beginning is a plan; everything else is a release's tag")
  func names() {
    for name in ["7f3a", "7f3a91c2", "0123456789abcdef"] { #expect(PlanStore.isDigest(name)) }
    for name in ["", "7f3", "7F3A91C2", "v1.4.2", "7f3a-91c2", "7f3g"] {
      #expect(!PlanStore.isDigest(name))
    }
  }
}
