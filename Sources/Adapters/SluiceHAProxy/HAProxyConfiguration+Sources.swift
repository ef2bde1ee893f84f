import SluiceCore

/// The load that one source may put on others, beside its connections.
struct SourceLimits: Sendable, Hashable {
  /// Lines of the session log that it fills in ten seconds. What it asks beyond is served, not
  /// told.
  var lines = 3_000
  /// With more mistakes than this in ten seconds it gets no further connection: HAProxy logs a
  /// request that is none before any rule could keep it from that.
  var mistakes = 3_000
  /// Session keys that it has remembered within eight hours, the time for which they are.
  var keys = 40_000
  /// Session keys that are remembered, of all sources.
  var allKeys = 400_000
}

/// The limits of one source. A source is an address of IPv4 or a /64
/// of IPv6: the client's own, also behind a front; a front is none itself.
extension HAProxyConfiguration {
  public static let sourceTable = "st_src"
  static let keyTable = "st_key"
  static let sourceMask = "ipmask(32,64)"

  /// Connections that one source may have at once; nil: no limit.
  static func mostPerSource(_ spec: HAProxySpec, of connections: Int) -> Int? {
    let wanted = spec.connectionsPerSource
    guard wanted != 0 else { return nil }
    // A whole office behind one address has room, and three such offices leave room for others.
    return min(wanted ?? max(connections / 4, HAProxySpec.leastConnectionsPerSource), connections)
  }

  /// `st_key` remembers the arm of every session key: 2 for stable, pin epoch · 2 + 1 for the
  /// canary. A stable pin has no epoch: nothing that Sluice does voids it. `st_src`: connections
  /// (behind a front: requests) that a source has now, its lines of the log, the keys that it
  /// brought.
  static func tables(_ limits: SourceLimits) -> String {
    """
    backend \(sourceTable)
        stick-table type ipv6 size 100k expire 8h \
    store conn_cur,http_err_rate(10s),gpc0_rate(10s),gpc1_rate(8h)
    backend \(keyTable)
        stick-table type string len 64 size \(limits.allKeys) expire 8h store gpt0
    backend \(sequenceTable)
        stick-table type string len 8 size 4 store gpc0,gpc1

    """
  }

  private static func fronts(_ spec: HAProxySpec) -> String? {
    (spec.front?.addresses).map { "{ src \($0.joined(separator: " ")) }" }
  }

  /// Before TLS and the first byte: a handshake that never ends is a connection, too.
  static func connectionLimits(
    _ spec: HAProxySpec, _ most: Int?, _ limits: SourceLimits
  ) -> String {
    var lines = ["    # ---------- one source does not shut the door to the others"]
    func limit(_ level: String, _ source: String) {
      lines.append(
        "    tcp-request \(level) track-sc0 src,\(sourceMask) table \(sourceTable)\(source)")
      if let most {
        lines.append("    tcp-request \(level) reject if { sc0_conn_cur gt \(most) }")
      }
      lines.append(
        "    tcp-request \(level) reject if { sc0_http_err_rate gt \(limits.mistakes) }")
    }
    limit("connection", fronts(spec).map { " if !\($0)" } ?? "")
    if spec.front?.speaksProxyProtocol == true { limit("session", " if { fc_rcvd_proxy }") }
    return lines.joined(separator: "\n")
  }

  /// A front's word about its client counts; from here on `src` is the client's own address. Its
  /// connections are the front's: what a client has at once behind it are requests and WebSockets.
  static func fronting(_ spec: HAProxySpec, _ most: Int?) -> String {
    guard let front = spec.front else {
      return "    # ---------- no front: what a client says of himself counts for nothing"
    }
    let isFront = front.speaksProxyProtocol ? "{ fc_rcvd_proxy }" : fronts(spec) ?? ""
    var lines = [
      "    # ---------- a front's word is taken: the client's address, TLS, tenant",
      "    http-request set-var(txn.front) str(1) if \(isFront)",
      "    acl fronted var(txn.front) -m found",
      "    http-request set-var(txn.proto) req.hdr(x-forwarded-proto) if fronted",
    ]
    guard !front.speaksProxyProtocol else { return lines.joined(separator: "\n") }
    lines += [
      "    acl forwarded req.hdr_cnt(x-forwarded-for) gt 0",
      "    http-request set-src hdr_ip(x-forwarded-for,-1) if fronted forwarded",
      "    http-request track-sc0 src,\(sourceMask) table \(sourceTable) if fronted forwarded",
    ]
    if let most {
      // Nothing of it is evidence: it gets no number and no line.
      lines += [
        "    acl crowded sc0_conn_cur gt \(most)",
        "    http-request set-log-level silent if fronted crowded",
        "    http-request deny deny_status 429 content-type \"application/json; charset=utf-8\" "
          + "hdr Retry-After 10 string '\(crowdBody)' if fronted crowded",
      ]
    }
    return lines.joined(separator: "\n")
  }

  private static let crowdBody =
    #"{"error":{"message":"Too many requests at once from this address","#
    + #""type":"rate_limit_error","code":"too_many_connections"}}"#

  /// A line gets its number when HAProxy writes it, so an omitted line leaves no gap.
  static func lineLimit(_ limits: SourceLimits) -> String {
    """
        # ---------- one source does not fill the log: what is beyond its part is served, not told
        http-request set-var(txn.untold) str(1) if { sc0_gpc0_rate gt \(limits.lines) }
        acl untold var(txn.untold) -m found
        http-request sc-inc-gpc0(0) if !untold
        http-request sc-inc-gpc1(2) if untold
        http-request set-log-level silent if untold
    """
  }

  /// A key is remembered when it is in the table already, or when its source has not brought too
  /// many keys. So a flood of keys displaces only its own keys.
  static func memory(_ limits: SourceLimits) -> String {
    """
        # ---------- remember the key's arm
        http-request set-var(txn.keep) str(1) if keyed { var(txn.mem),add(0) gt 0 }
        acl kept var(txn.keep) -m found
        acl many_keys sc0_gpc1_rate gt \(limits.keys)
        http-request sc-inc-gpc1(0) if keyed !kept !many_keys !failopen
        http-request set-var(txn.keep) str(1) if keyed !kept !many_keys !failopen
        http-request track-sc1 var(txn.sk) table \(keyTable) if keyed kept !failopen
        http-request sc-set-gpt0(1) var(txn.ep2c) if keyed kept canary
        http-request sc-set-gpt0(1) 2 if keyed kept stable !failopen
    """
  }

  /// Root is needed for sockets and files alone. What it opens it has by then; the empty directory
  /// is all that it sees of the disk.
  static func confinement(_ account: HAProxyAccount, _ files: HAProxyFiles) -> String {
    "\n    user \(account.user)\n    gid \(account.group)\n    chroot \(files.empty)"
  }
}
