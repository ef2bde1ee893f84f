import SluiceCore

/// The questions of `sluice init` and their answers. A mistyped answer changes nothing and is asked
/// again.
public struct Interview: Sendable, Hashable {
  public enum Question: Sendable, Hashable {
    case fleet, hosts, canary, balancer
    /// Where OpenClaw of the host listens, as the balancer reaches it.
    case gateway(HostName)
  }

  public private(set) var fleet: String?
  public private(set) var hosts: [InitHost] = []
  public private(set) var canary: HostName?
  public private(set) var balancer: String?
  public private(set) var gateways: [HostName: String] = [:]
  private var looks: [HostName: LookResult]?

  static let fewestHosts = 2
  static let mostHosts = 64

  public init() {}

  /// The first question without an answer; nil when the next thing is a look at the hosts, or when
  /// all is answered.
  public var next: Question? {
    if fleet == nil { return .fleet }
    if hosts.isEmpty { return .hosts }
    if canary == nil { return .canary }
    if balancer == nil { return .balancer }
    guard looks != nil else { return nil }
    return hosts.first { gateways[$0.name] == nil }.map { .gateway($0.name) }
  }

  /// The hosts' answers; questions about their gateways follow.
  public mutating func learn(_ looks: [HostName: LookResult]) { self.looks = looks }

  public func look(at host: HostName) -> LookResult? { looks?[host] }

  public func text(of question: Question) -> String {
    switch question {
    case .fleet: "The fleet's name"
    case .hosts:
      "The gateways by their ssh names, with blanks between: user@host, a name of ~/.ssh/config, "
        + "or \(InitHost.local) for this machine"
    case .canary: "The gateway that runs a new release first (the canary)"
    case .balancer: "Where clients reach the balancer on this machine"
    case .gateway(let host): "Where OpenClaw of \(host) listens, as the balancer reaches it"
    }
  }

  /// The answer that an empty line stands for; nil: the question has none.
  public func suggestion(for question: Question) -> String? {
    switch question {
    case .fleet: "my-fleet"
    case .hosts: nil
    case .canary: hosts.first?.name.rawValue
    case .balancer: "0.0.0.0:8080"
    case .gateway(let host): GatewayAddress.suggestion(for: host, in: self)
    }
  }

  /// Takes an answer. Returns a complaint, and changes nothing, where the answer cannot be.
  public mutating func answer(_ question: Question, _ text: String) -> InitComplaint? {
    let text = text.trimmed
    let given = text.isEmpty ? suggestion(for: question) ?? "" : text
    if given.isEmpty { return "an answer is needed" }
    switch question {
    case .fleet: return name(given)
    case .hosts: return add(given.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init))
    case .canary:
      guard let host = hosts.first(where: { $0.name.rawValue == given }) else {
        let names = hosts.map(\.name.rawValue).joined(separator: ", ")
        return
          "\"\(Speech.text(given, characters: 60))\" is no host of the fleet, which has \(names)"
      }
      canary = host.name
    case .balancer:
      if let complaint = GatewayAddress.complaint(given) { return complaint }
      balancer = given
    case .gateway(let host):
      if let complaint = GatewayAddress.complaint(given) { return complaint }
      if let other = gateways.first(where: { $0.value == given && $0.key != host }) {
        return
          "\(other.key) has \(given) already: each gateway needs an address and port of its own"
      }
      gateways[host] = given
    }
    return nil
  }

  private mutating func name(_ text: String) -> InitComplaint? {
    guard text.utf8.count <= 63, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return "write at most 63 letters, digits and signs of ASCII"
    }
    if let reason = SecretScan.reason(value: text) { return InitComplaint("that \(reason)") }
    fleet = text
    return nil
  }

  /// All of them or none: a fleet is named in one answer.
  private mutating func add(_ texts: [String]) -> InitComplaint? {
    var found: [InitHost] = []
    for text in texts {
      switch InitHost.read(text, taken: Set(found.map(\.name))) {
      case .success(let host): found.append(host)
      case .failure(let complaint): return complaint
      }
    }
    guard (Self.fewestHosts...Self.mostHosts).contains(found.count) else {
      return InitComplaint(
        "a fleet has \(Self.fewestHosts) to \(Self.mostHosts) gateways, one of them the canary; "
          + "\(found.count == 1 ? "one is" : "\(found.count) are") named")
    }
    hosts = found
    return nil
  }
}
