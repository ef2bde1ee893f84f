/// Latencies in buckets as HdrHistogram lays them out: at most 1/32 of the value wide, exact up to
/// 63 ms, then 32 buckets an octave. Counts only grow; two histograms can be added.
public struct LatencyHistogram: Sendable, Hashable, Codable {
  struct Bucket: Sendable, Hashable, Codable {
    var index: Int
    var count: Int
  }

  /// Sorted by index, without empty buckets. The sessions of a step are alike, so buckets are few.
  private(set) var buckets: [Bucket] = []
  public private(set) var total = 0

  public init() {}

  public mutating func record(milliseconds: Int64) {
    add(1, to: Self.bucket(of: milliseconds))
    total += 1
  }

  public mutating func add(_ other: LatencyHistogram) {
    for bucket in other.buckets { add(bucket.count, to: bucket.index) }
    total += other.total
  }

  private mutating func add(_ count: Int, to index: Int) {
    let place = place(of: index)
    if place < buckets.count, buckets[place].index == index {
      buckets[place].count += count
    } else {
      buckets.insert(Bucket(index: index, count: count), at: place)
    }
  }

  /// The position of a bucket with this index, or the position to insert one.
  private func place(of index: Int) -> Int {
    var (low, high) = (0, buckets.count)
    while low < high {
      let middle = (low + high) / 2
      if buckets[middle].index < index { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The upper bound of the bucket that contains the quantile; nil if the histogram is empty.
  /// `permille` is 950 for the 95th percentile.
  public func quantile(permille: Int) -> Int64? {
    guard total > 0 else { return nil }
    let rank = max(1, (total * permille + 999) / 1_000)
    var seen = 0
    for bucket in buckets {
      seen += bucket.count
      if seen >= rank { return Self.upperBound(of: bucket.index) }
    }
    return nil
  }

  /// The number of values in buckets that lie wholly above a bound.
  public func count(above milliseconds: Int64) -> Int {
    let bound = Self.bucket(of: milliseconds)
    return buckets[place(of: bound + 1)...].reduce(0) { $0 + $1.count }
  }

  /// 0 to 63: the value itself; above, `octave · 32 + the five bits below the leading one`.
  static func bucket(of milliseconds: Int64) -> Int {
    let value = UInt64(max(0, milliseconds))
    if value < 64 { return Int(value) }
    let leading = 63 - value.leadingZeroBitCount
    let shift = leading - 5
    return (shift + 1) * 32 + Int(value >> UInt64(shift)) - 32
  }

  static func upperBound(of bucket: Int) -> Int64 {
    if bucket < 64 { return Int64(bucket) }
    let shift = bucket / 32 - 1
    let mantissa = UInt64(bucket % 32 + 32)
    return Int64(clamping: ((mantissa + 1) << UInt64(shift)) - 1)
  }
}
