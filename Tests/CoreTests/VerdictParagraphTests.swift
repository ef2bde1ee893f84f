import SluiceCore
import Testing

@Suite("What the verdict's gate says of the canary's answers")
struct VerdictParagraphTests {
  private func paragraph(errors: Int) throws -> String {
    var view = try StepGatesTests().view(verdict: .insufficient)
    view.watch?.assessment.canary = .init(sessions: 200, errors: errors, p50: 50, p95: 90)
    let gate = try #require(StepGates.evaluate(view).first { $0.gate == .verdict })
    return gate.paragraph
  }

  @Test("all of them, or how many")
  func answers() throws {
    #expect(try paragraph(errors: 0).contains("200 canary sessions in this step, all of them"))
    #expect(try paragraph(errors: 1).contains("200 canary sessions in this step, 199 of them"))
  }
}
