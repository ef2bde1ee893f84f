import SluiceCore

/// A new `sluice.yaml`: the operator's answers and the facts of the first look. A value that no look
/// found is the usual one, and a comment at its key says so.
public struct FleetDraft: Sendable, Hashable {
  public private(set) var text = ""
  /// The keys that a person has to look at, such as `mac-a: openclaw.token_file`.
  public private(set) var gaps: [String] = []

  /// The word that begins the comment at such a key.
  public static let mark = "NOT FOUND"
  /// The key pair that `sluice hosts install` makes where it is missing.
  static let identity = "/var/db/openclaw/sluice/writer_ed25519"

  /// - Parameters:
  ///   - routes: the hosts as the operator's ssh resolves their names.
  ///   - writer: the first look at this machine, which is the writer.
  public init(_ interview: Interview, routes: [HostName: SSHRoute], writer: FirstLook?) {
    line("# Written by sluice init. docs/sluice.yaml shows every key.")
    line(
      "# \(Self.mark) marks a key whose value no host showed: the value is the usual one. Check it."
    )
    line("fleet: \(YAMLText.scalar(interview.fleet ?? "my-fleet"))")
    line("")
    let links = interview.hosts.map { ($0, DraftLink($0, route: routes[$0.name])) }
    if links.contains(where: { $0.1.isClosed }) {
      line("writer:")
      line("  # The private key for ssh to the hosts. sluice hosts install makes it.")
      line("  identity: \(Self.identity)")
      line("")
    }
    line("hosts:")
    var taken = Set(interview.gateways.values)
    for (host, link) in links {
      let gateway =
        interview.gateways[host.name]
        ?? GatewayAddress.suggestion(
          for: host.name, in: interview)
      let probe = GatewayAddress.probe(beside: gateway, taken: taken)
      taken.insert(probe)
      add(
        DraftHost(
          host: host, link: link, arm: host.name == interview.canary ? .canary : .stable,
          gateway: gateway, probe: probe, result: interview.look(at: host.name)))
    }
    line("")
    add(balancer: interview.balancer ?? "0.0.0.0:8080", writer)
    line("")
    add(probeFrom: interview)
    line("")
    line("ramp: standard        # 5, 20 and 40 %, ten minutes each")
    line("capacity_floor: 1     # stable gateways that stay in service at every moment")
  }

  private mutating func line(_ text: String) { self.text += text + "\n" }

  private mutating func add(_ host: DraftHost) {
    for line in host.lines { self.line("  " + line) }
    gaps += host.gaps.map { "\(host.host.name): \($0)" }
  }

  private mutating func add(balancer bind: String, _ writer: FirstLook?) {
    line("# The HAProxy that Sluice starts, on this machine.")
    line("balancer:")
    line("  kind: managed")
    line("  bind: \(YAMLText.scalar(bind))")
    if let program = writer?.haproxy {
      let version = writer?.haproxyVersion.map { " \($0)" } ?? ""
      line("  " + YAMLText.comment("HAProxy\(version) is here: \(program)"))
    } else {
      line(
        "  # \(Self.mark): HAProxy on this machine. Install it: brew install haproxy, or apt-get.")
      gaps.append("balancer: HAProxy is not on this machine")
    }
  }

  private mutating func add(probeFrom interview: Interview) {
    let peers = Set(interview.hosts.compactMap { interview.look(at: $0.name)?.look?.peer })
      .filter { NetworkAddress($0)?.isLoopback == false }
      .filter { Network($0) != nil && SecretScan.reason(value: $0) == nil }
    line("# Addresses that get details from the agents: the machine of balancer and keeper, and")
    line("# Prometheus. Without the keeper's the balancer refuses no gateway that fails hard.")
    if peers.isEmpty {
      let isLocal = interview.hosts.allSatisfy { $0.ssh == nil }
      if !isLocal {
        line("# \(Self.mark): this machine's address, as the hosts see it.")
        gaps.append("probe_from")
      }
      line("# probe_from: [10.0.0.5]")
    } else {
      line("probe_from:")
      for peer in peers.sorted() { line("  - \(YAMLText.scalar(peer))") }
    }
  }
}

/// How a new fleet names the way to a host.
struct DraftLink: Sendable, Hashable {
  /// Nil: this machine.
  let destination: String?
  /// By the operator's own configuration, which alone knows the way.
  let isIndirect: Bool

  init(_ host: InitHost, route: SSHRoute?) {
    guard let ssh = host.ssh else {
      destination = nil
      isIndirect = false
      return
    }
    isIndirect = route?.isIndirect ?? false
    let resolved = route.map(\.destination)
    let isFit = resolved.map { InitHost.complaint(ssh: $0) == nil } ?? false
    destination = isIndirect || !isFit ? ssh : resolved
  }

  var isClosed: Bool { destination != nil && !isIndirect }
}
