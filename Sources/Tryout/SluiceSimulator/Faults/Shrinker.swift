/// Delta debugging (Zeller and Hildebrandt, 2002): the fewest parts of a list that still do what the
/// whole list did; no part of the answer can be left out.
enum Shrinker {
  static func shrink(
    _ whole: [Int], while stillFails: ([Int]) async -> Bool
  ) async -> [Int] {
    if whole.isEmpty { return [] }
    if await stillFails([]) { return [] }
    var parts = whole
    var pieces = 2
    while parts.count > 1 {
      guard let smaller = await smaller(parts, pieces, stillFails) else {
        guard pieces < parts.count else { return parts }
        pieces = min(parts.count, 2 * pieces)
        continue
      }
      parts = smaller
      pieces = max(2, pieces - 1)
    }
    return parts
  }

  /// The list without one of so many pieces, if one can be left out.
  private static func smaller(
    _ parts: [Int], _ pieces: Int, _ stillFails: ([Int]) async -> Bool
  ) async -> [Int]? {
    let size = (parts.count + pieces - 1) / pieces
    for start in stride(from: 0, to: parts.count, by: size) {
      let rest = Array(parts[..<start]) + parts[min(start + size, parts.count)...]
      if await stillFails(rest) { return rest }
    }
    return nil
  }
}
