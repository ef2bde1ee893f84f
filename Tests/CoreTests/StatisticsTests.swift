import Testing

@testable import SluiceJudge

@Suite("Chances that the judge names")
struct ChanceTests {
  private func isNear(_ value: Double, _ expected: Double) -> Bool {
    abs(value - expected) < 1e-12
  }

  @Test("a binomial's tail holds all that is at least so many")
  func binomial() {
    // Three tosses of a fair coin.
    for (atLeast, expected) in [(0, 1.0), (1, 0.875), (2, 0.5), (3, 0.125), (4, 0)] {
      let tail = Statistics.binomialTail(trials: 3, atLeast: atLeast, permille: 500)
      #expect(isNear(tail, expected), "\(atLeast)")
    }
    // One in ten, twice.
    #expect(isNear(Statistics.binomialTail(trials: 2, atLeast: 1, permille: 100), 0.19))
    #expect(isNear(Statistics.binomialTail(trials: 2, atLeast: 2, permille: 100), 0.01))
  }

  @Test("Fisher's test: so many errors in the canary's draw out of all")
  func hypergeometric() {
    func tail(_ errors: Int, _ others: Int) -> Double {
      Statistics.hypergeometricTail(
        canary: 2, canaryErrors: errors, stable: 3, stableErrors: others)
    }
    // Two of five fell to the canary: of two errors in all it has none in 3, one in 6, both in 1 of 10.
    #expect(isNear(tail(0, 2), 1))
    #expect(isNear(tail(1, 1), 0.7))
    #expect(isNear(tail(2, 0), 0.1))
    // Of four errors stable can hold three.
    #expect(isNear(tail(1, 3), 1))
    #expect(isNear(tail(2, 2), 0.6))
  }

  @Test("odds are told from rarer than one in two on")
  func odds() {
    #expect(Statistics.odds(0.5) == nil)
    #expect(Statistics.odds(0.25) == 4)
    #expect(Statistics.odds(0) == 1_000_000_000_000_000)
  }

  @Test(
    "arms that are alike are as likely as not to differ this way, however many sessions there are")
  func alike() {
    for size in [1_000, 20_000, 200_000] {
      let chance = Statistics.hypergeometricTail(
        canary: size, canaryErrors: size / 40, stable: size, stableErrors: size / 40)
      #expect(chance > 0.5 && chance < 0.56, "\(size): \(chance)")
      #expect(Statistics.odds(chance) == nil)
    }
  }

  @Test("a share as it should be is as likely as not, and one that is far off is not")
  func share() {
    for trials in [1_000, 100_000] {
      let chance = Statistics.binomialTail(trials: trials, atLeast: trials / 2, permille: 500)
      #expect(chance > 0.5 && chance < 0.53, "\(trials): \(chance)")
      let far = Statistics.binomialTail(trials: trials, atLeast: trials * 3 / 4, permille: 500)
      #expect(far < 1e-12)
    }
  }
}
