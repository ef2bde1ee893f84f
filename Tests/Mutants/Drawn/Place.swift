/// What is done wrong at a place.
enum Operator: String, CaseIterable {
  case negated, bound, unguarded, constant, swallowed, skipped, swapped
}

/// One mistake that could stand in a source: text around the original that switches between both.
struct Place {
  let file: String
  let line: Int
  let operation: Operator
  /// What stands there, and what stands there in its place, each on one line.
  let original: String
  let mutated: String
  /// The source's whole line, without the blanks around it.
  let text: String
  /// The bytes that the switch stands around.
  let range: Range<Int>
  /// The switch: `SWITCH` is true while the mutant is on.
  let before: String
  let after: String

  var target: String { String(file.split(separator: "/")[1]) }
  /// What a judgement is kept under: no number of a line, which every change of the file moves.
  var key: String { "\(file): \(operation.rawValue): `\(original)` → `\(mutated)` in `\(text)`" }
  var shown: String { key.replacing("\(file):", with: "\(file):\(line):", maxReplacements: 1) }

  func overlaps(_ other: Place) -> Bool {
    guard file == other.file, range.overlaps(other.range) else { return false }
    let inside =
      range.lowerBound >= other.range.lowerBound && range.upperBound <= other.range.upperBound
    let around =
      range.lowerBound <= other.range.lowerBound && range.upperBound >= other.range.upperBound
    return !inside && !around
  }
}

/// SplitMix64: the same seed draws the same places on every machine.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
