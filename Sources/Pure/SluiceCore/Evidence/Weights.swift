/// The values that one command changes atomically: the canary's share, the tenants that are pinned
/// to the canary, the pin epoch and the generation.
public struct Weights: Sendable, Hashable, Codable {
  public var share: Share
  /// Tenants whose sessions all go to the canary while its share is above 0, whatever the draw;
  /// sorted, without duplicates.
  public private(set) var tenants: [String]
  /// The canary's cookies and remembered keys of another pin epoch are void. Raising the pin epoch
  /// un-pins every client of the canary, and no client of a stable gateway.
  public var pinEpoch: Int64
  /// Rises with every change of the weights; the session log carries the generation.
  public var generation: Int64

  public init(share: Share, tenants: [String] = [], pinEpoch: Int64, generation: Int64) {
    self.share = share
    self.tenants = Set(tenants).sorted()
    self.pinEpoch = pinEpoch
    self.generation = generation
  }

  /// Whether both send the same sessions to the canary; pin epoch and generation may differ.
  public func dealsLike(_ other: Weights) -> Bool {
    share == other.share && tenants == other.tenants
  }

  /// `5 %`, or `5 % and acme, globex`.
  public var words: String {
    tenants.isEmpty ? "\(share)" : "\(share) and \(tenants.joined(separator: ", "))"
  }

  // MARK: Codable

  private enum CodingKeys: String, CodingKey { case share, tenants, pinEpoch, generation }

  /// Lines and plans older than pinned tenants have no `tenants`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      share: try container.decode(Share.self, forKey: .share),
      tenants: try container.decodeIfPresent([String].self, forKey: .tenants) ?? [],
      pinEpoch: try container.decode(Int64.self, forKey: .pinEpoch),
      generation: try container.decode(Int64.self, forKey: .generation))
  }

  /// Without tenants the encoding omits the key, so that digests of older plans stay true.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(share, forKey: .share)
    if !tenants.isEmpty { try container.encode(tenants, forKey: .tenants) }
    try container.encode(pinEpoch, forKey: .pinEpoch)
    try container.encode(generation, forKey: .generation)
  }
}
