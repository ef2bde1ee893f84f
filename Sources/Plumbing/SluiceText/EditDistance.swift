/// Finds the name that a mistyped word was meant to be.
public enum EditDistance {
  /// Optimal string alignment distance: insertions, deletions, replacements and swaps of two
  /// neighbours, each counted as one.
  public static func between(_ first: String, _ second: String) -> Int {
    let a = Array(first)
    let b = Array(second)
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for row in 0..<a.count {
      var current = [row + 1]
      for column in 0..<b.count {
        var best = min(last[column + 1] + 1, current[column] + 1)
        best = min(best, last[column] + (a[row] == b[column] ? 0 : 1))
        if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[b.count]
  }

  /// The candidate that `word` most likely means, or nil when none is near.
  ///
  /// Near means at most one mistake in three letters and never more than three, or a beginning of
  /// at least three letters. Letter case does not count. Of equally near ones the first wins.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    let wanted = word.lowercased()
    var best: (name: String, distance: Int)?
    for candidate in candidates where candidate != word {
      let name = candidate.lowercased()
      let allowed = min(3, max(1, name.count / 3))
      // A long hostile word must not cost a long comparison.
      guard abs(name.utf8.count - wanted.utf8.count) <= 4 * allowed else { continue }
      let distance = between(wanted, name)
      if distance <= allowed, distance < (best?.distance ?? Int.max) {
        best = (candidate, distance)
      }
    }
    if let best { return best.name }
    guard wanted.utf8.count >= 3, wanted.utf8.count <= 64 else { return nil }
    return candidates.first { $0 != word && $0.lowercased().hasPrefix(wanted) }
  }
}
