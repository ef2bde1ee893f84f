/// Per cent of new sessions, in basis points: 0 is none, 10,000 all.
public struct Share: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public let basisPoints: Int

  public static let zero = Share(unchecked: 0)
  public static let all = Share(unchecked: 10_000)

  /// Nil outside 0...10,000.
  public init?(basisPoints: Int) {
    guard (0...10_000).contains(basisPoints) else { return nil }
    self.basisPoints = basisPoints
  }

  private init(unchecked basisPoints: Int) { self.basisPoints = basisPoints }

  /// `5 %`, `12.5 %`, `0.25 %`.
  public var description: String {
    let whole = basisPoints / 100
    let rest = basisPoints % 100
    if rest == 0 { return "\(whole) %" }
    if rest % 10 == 0 { return "\(whole).\(rest / 10) %" }
    return "\(whole).\(rest < 10 ? "0" : "")\(rest) %"
  }

  public static func < (left: Share, right: Share) -> Bool { left.basisPoints < right.basisPoints }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let number = try container.decode(Int.self)
    guard let share = Share(basisPoints: number) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a share is 0 to 10000 basis points, not \(number)")
    }
    self = share
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(basisPoints)
  }
}
