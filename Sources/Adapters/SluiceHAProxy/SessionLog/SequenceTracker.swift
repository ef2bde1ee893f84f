import SluiceCore

/// Which numbers of one run of HAProxy were seen, and which are missing.
///
/// Two threads write the log, so numbers may come out of order; a number that stays away for longer
/// than a grace is lost.
struct SequenceTracker {
  private struct Gap {
    var numbers: ClosedRange<Int64>
    /// When it was noticed.
    var since: Int64
  }

  /// False: whatever comes first is the beginning, and what comes later may stand before it.
  private let hasBeginning: Bool
  private var first: Int64?
  private var last: Int64?
  /// Sorted, apart from each other.
  private var gaps: [Gap] = []

  /// - Parameter after: The last number that is not wanted.
  init(after: Int64? = nil) {
    hasBeginning = after != nil
    first = after
    last = after
  }

  /// Whether the number is wanted and new; false for a repeated one and for one that was given up.
  mutating func insert(_ number: Int64, now: Int64) -> Bool {
    guard let first, let last else {
      self.first = number
      self.last = number
      return true
    }
    if number > last {
      if number > last + 1 { gaps.append(Gap(numbers: last + 1...number - 1, since: now)) }
      self.last = number
      return true
    }
    if number < first {
      guard !hasBeginning else { return false }
      if number < first - 1 {
        gaps.insert(Gap(numbers: number + 1...first - 1, since: now), at: 0)
      }
      self.first = number
      return true
    }
    return fill(number)
  }

  private mutating func fill(_ number: Int64) -> Bool {
    guard let index = index(of: number) else { return false }
    let gap = gaps[index]
    var rest: [Gap] = []
    if gap.numbers.lowerBound < number {
      rest.append(Gap(numbers: gap.numbers.lowerBound...number - 1, since: gap.since))
    }
    if number < gap.numbers.upperBound {
      rest.append(Gap(numbers: number + 1...gap.numbers.upperBound, since: gap.since))
    }
    gaps.replaceSubrange(index...index, with: rest)
    return true
  }

  /// The gap that holds a number, by bisection.
  private func index(of number: Int64) -> Int? {
    var low = 0
    var high = gaps.count
    while low < high {
      let middle = (low + high) / 2
      if gaps[middle].numbers.upperBound < number { low = middle + 1 } else { high = middle }
    }
    return low < gaps.count && gaps[low].numbers.contains(number) ? low : nil
  }

  /// Gives up the gaps that were noticed at or before a moment; returns how many numbers they hold.
  mutating func giveUp(noticedBy moment: Int64) -> Int {
    let lost = gaps.filter { $0.since <= moment }.map(\.numbers.count).clampedSum()
    if lost > 0 { gaps.removeAll { $0.since <= moment } }
    return lost
  }
}
