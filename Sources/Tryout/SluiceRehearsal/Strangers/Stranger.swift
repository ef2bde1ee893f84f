/// A client without a token that tries to decide a promotion.
public enum Stranger: String, Sendable, CaseIterable, Codable {
  case flood
  case veto
  case torrent

  public var title: String {
    switch self {
    case .flood: "one source sends 1,000 requests with new keys in a step"
    case .veto: "one source sends 480 heads that take 4 s each, until two dozen fall to the canary"
    case .torrent: "one source asks 12,000 times as fast as it can"
    }
  }

  var requests: Int {
    switch self {
    case .flood: 1_000
    case .veto: 480
    case .torrent: 12_000
    }
  }

  /// How many are under way at once.
  var lanes: Int { self == .veto ? requests : 16 }

  /// The words that a notice of the promotion, or the balancer's status, must say; nil: the load is
  /// too little to be named.
  var mustSay: String? { self == .veto ? nil : "a flood" }

  /// By the front's word; of a network for documentation.
  static let address = "203.0.113.9"
}
