import SluiceCore
import SluiceCrypto
import SluicePorts
import SluiceSystem

/// The configuration of a managed HAProxy, written from the fleet.
///
/// Valid for 2.6 and later. Values that change while HAProxy runs are in maps, so that no change
/// needs a reload: a reload would forget the counters and lose lines of the log.
public enum HAProxyConfiguration {
  static let frontend = "gw"
  static let ring = "ev"
  static let sequenceTable = "st_seq"
  /// The environment variable that names one run of the process, in every line of the log.
  static let runVariable = "SLUICE_RUN"

  /// - Parameters:
  ///   - secret: what keys draws and pins.
  ///   - takenOut: Hosts that get no session from the first moment on.
  ///   - descriptors: how many of them a process may have at the most; nil: as many as are wanted.
  ///   - account: whose rights it goes on with once it has its sockets; nil: it keeps its starter's.
  ///   - limits: what one source may have others bear.
  static func text(
    _ spec: HAProxySpec, fleet: Fleet, secret: FleetSecret, takenOut: Set<HostName> = [],
    descriptors: Int? = nil, account: HAProxyAccount? = nil,
    limits: SourceLimits = SourceLimits()
  ) throws(PortError) -> String {
    let files = try HAProxyFiles(directory: spec.directory)
    try check(spec, fleet)
    let connections = try connections(spec, descriptors)
    let sections = [
      global(files, connections: connections, account),
      defaults(silence: silence(spec, fleet)), tables(limits),
      frontend(spec, files, secret, most: mostPerSource(spec, of: connections), limits),
      try backend(.stable, fleet, secret, takenOut, limits),
      try backend(.canary, fleet, secret, takenOut, limits),
    ]
    return sections.joined(separator: "\n")
  }

  /// The configuration that a running process was started with: another digest is another
  /// configuration.
  static func digest(
    of spec: HAProxySpec, _ fleet: Fleet, _ account: HAProxyAccount? = nil,
    _ limits: SourceLimits = SourceLimits()
  ) throws(PortError) -> String {
    let text = try text(spec, fleet: fleet, secret: .blank, account: account, limits: limits)
    return SHA256Digest.hex(
      Array((text + serverMap(fleet, .blank) + cohortMap(fleet)).utf8))
  }

  /// A connection takes two descriptors, its gateway's one among them; listeners, checks and
  /// sockets of HAProxy's own take some more (16,034 for 8,000 connections, HAProxy 2.6).
  fileprivate static let ownDescriptors = 256

  /// How long a gateway may be silent in the middle of an answer, milliseconds. An agent's answer
  /// may take minutes and say nothing meanwhile: ten minutes at the least, and never less than a
  /// run may take before it counts as one that never ends.
  private static func silence(_ spec: HAProxySpec, _ fleet: Fleet) -> Int64 {
    spec.serverTimeoutMilliseconds ?? max(600_000, fleet.judge.unfinishedBound)
  }

  private static func connections(
    _ spec: HAProxySpec, _ descriptors: Int?
  ) throws(PortError) -> Int {
    let wanted = spec.maximumConnections
    guard let descriptors else { return wanted ?? HAProxySpec.usualConnections }
    let possible = (descriptors - ownDescriptors) / 2
    guard let wanted else {
      guard possible > 0 else { throw tooFew(descriptors, for: 1) }
      return min(HAProxySpec.usualConnections, possible)
    }
    guard wanted <= possible else { throw tooFew(descriptors, for: wanted) }
    return wanted
  }

  private static func tooFew(_ descriptors: Int, for connections: Int) -> PortError {
    PortError(
      .refused,
      "\(connections) connections need \(2 * connections + ownDescriptors) descriptors, and a process "
        + "may have \(descriptors) here",
      remedy:
        "Raise the hard limit (ulimit -Hn; launchd: HardResourceLimits, systemd: LimitNOFILE), "
        + "or set balancer.max_connections in sluice.yaml to at most "
        + "\(max(0, (descriptors - ownDescriptors) / 2)).")
  }

  static func backendName(_ arm: Arm) -> String { "arm_\(arm.rawValue)" }

  /// HAProxy's own name of a host: `arm_stable/mac-b`.
  static func serverName(_ host: HostSpec) -> String {
    "\(backendName(host.arm))/\(host.name)"
  }

  /// The server to which a client is pinned within an arm, by server number or by cookie. A cookie
  /// of the other arm pins no client.
  static func serverMap(_ fleet: Fleet, _ secret: FleetSecret) -> String {
    fleet.gateways.enumerated().map { index, host in
      "\(host.arm.rawValue)/\(index + 1) \(host.name)\n"
        + "\(host.arm.rawValue)/\(secret.gatewayPin(host.name)) \(host.name)\n"
    }.joined()
  }

  static func cohortMap(_ fleet: Fleet) -> String {
    fleet.balancer.cohorts.sorted { $0.key < $1.key }
      .map { "\($0.key.lowercased()) \($0.value.rawValue)\n" }.joined()
  }

  private static func check(_ spec: HAProxySpec, _ fleet: Fleet) throws(PortError) {
    for tenant in spec.cohorts.keys {
      let isPlain = tenant.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      guard isPlain, !tenant.isEmpty, !tenant.hasPrefix("#"), tenant.utf8.count <= 64 else {
        throw PortError(
          .refused, "\"\(tenant)\" cannot name a tenant of balancer.cohorts",
          remedy: "A tenant is 1 to 64 printable ASCII characters without blanks.")
      }
    }
    for host in fleet.gateways where !HostName.isValid(host.name.rawValue) {
      throw PortError(.refused, "\"\(host.name)\" cannot name a host")
    }
    _ = try address(spec.bind, of: "balancer.bind")
    for text in spec.front?.addresses ?? [] where !isNetwork(text) {
      throw PortError(
        .refused, "\"\(text)\" of balancer.front is no address",
        remedy: "Write addresses or networks, such as 10.0.0.5 or 10.0.0.0/24.")
    }
    if let path = spec.tls?.certificate, !isPlainPath(path) {
      throw PortError(
        .refused, "balancer.tls.certificate cannot be \"\(path)\"",
        remedy: "Name an absolute path of letters, digits, `.`, `_`, `-` and `/`.")
    }
  }

  /// Digits, hexadecimal letters, `.`, `:` and one `/` with digits: HAProxy reads the rest itself.
  static func isNetwork(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts[0].utf8.count >= 2,
      parts[0].allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == "." || $0 == ":") }),
      parts[0].contains(where: { $0 == "." || $0 == ":" })
    else { return false }
    return parts.count == 1 || (UInt8(parts[1]).map { $0 <= 128 } ?? false)
  }

  private static func isPlainPath(_ path: String) -> Bool {
    path.hasPrefix("/")
      && path.utf8.allSatisfy {
        ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z"))
          || ($0 >= UInt8(ascii: "-") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "_")
      }
  }

  private static func address(_ text: String, of what: String) throws(PortError) -> (
    host: String, port: UInt16
  ) {
    guard case .tcp(let host, let port)? = SocketAddress(text),
      host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x27 && $0 != 0x23 })
    else {
      throw PortError(
        .refused, "\(what) is \"\(text)\", which is no address", remedy: "Write it as HOST:PORT.")
    }
    return (host, port)
  }

  /// HAProxy's second state of a server, which only the keeper sets (`set server … agent down`). No
  /// process listens at that port, and an unreachable agent check changes nothing.
  private static let secondAnswer =
    "agent-check agent-addr 127.0.0.1 agent-port 1 agent-inter 20d"

  /// Of a check, what sessions from other machines get: a gateway that does not trust the
  /// balancer's address refuses them, and answers everything else. 203.0.113.9 is an address for
  /// examples (RFC 5737).
  private static func forwarded(_ fleet: Fleet) -> String {
    fleet.balancer.managed?.hasLocalClients ?? false
      ? "" : " hdr X-Forwarded-For 203.0.113.9 hdr X-Forwarded-Proto http"
  }

  private static func backend(
    _ arm: Arm, _ fleet: Fleet, _ secret: FleetSecret, _ takenOut: Set<HostName>,
    _ limits: SourceLimits
  ) throws(PortError) -> String {
    var text = """
      backend \(backendName(arm))
          # a session key keeps its gateway: by memory, and by the same hash should that be lost
          balance hdr(x-openclaw-session-key)
          hash-type consistent sdbm avalanche
          stick-table type string len 64 size \(limits.allKeys) expire 8h
          stick on var(txn.sk) if { var(txn.keep) -m found }
          cookie SLUICE_GW insert indirect nocache httponly attr "SameSite=Lax"
          # does it serve? The gateway says so itself: no agent, Doctor or queue is asked
          option httpchk
          http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost\(forwarded(fleet))
          http-check expect status 200
          http-check expect hdr name "content-type" value -m beg "application/json"
          http-check expect rstring "\\"ready\\"[[:space:]]*:[[:space:]]*true"

      """
    for (index, host) in fleet.gateways.enumerated() where host.arm == arm {
      let gateway = try address(host.gateway, of: "\(host.name)'s gateway")
      let target = SocketAddress.tcp(host: gateway.host, port: gateway.port)
      text +=
        "    server \(host.name) \(target) id \(index + 1) cookie \(secret.gatewayPin(host.name))"
        + " check inter 500ms fall 3 rise 2 \(secondAnswer)"
        + (takenOut.contains(host.name) ? " disabled" : "") + "\n"
    }
    return text
  }
}

extension HAProxySpec {
  /// The number of descriptors that HAProxy needs for its connections.
  public var openFiles: Int {
    2 * (maximumConnections ?? Self.usualConnections) + HAProxyConfiguration.ownDescriptors
  }
}
