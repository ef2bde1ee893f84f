/// The kinds of mistake that a drawn mutant makes at a place.
enum Operator: String, CaseIterable {
  case negated, bound, unguarded, constant, swallowed, skipped, swapped
}

/// One mistake that could stand in a source: text around the original that switches between both.
struct Place {
  let file: String
  let line: Int
  let operation: Operator
  /// The text of the place, and the mutant's text, each on one line.
  let original: String
  let mutated: String
  /// The source's whole line, without the blanks around it.
  let text: String
  /// The bytes that the switch stands around.
  let range: Range<Int>
  /// The switch: `SWITCH` is true while the mutant is on.
  let before: String
  let after: String

  /// `Sources/FLOOR/TARGET`
  var folder: String { file.split(separator: "/").prefix(3).joined(separator: "/") }
  var target: String { String(folder.split(separator: "/").last ?? "") }
  /// The key of a judgement: without the number of the line, which every change of the file moves.
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

extension Place {
  /// Where a draw with the seed has the place among all others. The place's own text decides, and not
  /// what else there is: a change elsewhere in the sources leaves the draw as it was. The folder does
  /// not count, so that a file which moves keeps its mutants.
  func rank(seed: UInt64) -> UInt64 {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    // FNV-1a, which takes in the text, and SplitMix64, which mixes it with the seed.
    let hash = key.replacing(file, with: name, maxReplacements: 1).utf8
      .reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var generator = SplitMix64(state: seed)
    generator.state = generator.next() ^ hash
    return generator.next()
  }
}

/// The same seed draws the same places on every machine.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
