import SluiceHTTP

/// Whose request it is: the real gateway refuses what a proxy sends without saying for whom.
enum ProxyAttribution: Equatable {
  /// From loopback, without a forwarded header: trusted with details.
  case directLocal
  case directRemote
  case trustedProxy(client: String)
  case unattributable

  static func resolve(_ request: HTTPRequest, trustedProxies: [String]) -> ProxyAttribution {
    let remote = IPv4.unmapped(request.remoteAddress ?? "")
    let isForwarded = request.headers.entries.contains { isForwardingHeader($0.name) }
    if IPv4.isLoopback(remote), !isForwarded { return .directLocal }
    if isTrusted(remote, trustedProxies) {
      guard let client = client(of: request, trustedProxies) else { return .unattributable }
      return .trustedProxy(client: client)
    }
    return isForwarded ? .unattributable : .directRemote
  }

  /// `Forwarded`, `X-Real-IP` and every `X-Forwarded-…`.
  private static func isForwardingHeader(_ name: String) -> Bool {
    let name = name.lowercased()
    return name == "forwarded" || name == "x-real-ip" || name.hasPrefix("x-forwarded-")
  }

  /// The last hop that is neither a loopback address nor a trusted proxy.
  private static func client(of request: HTTPRequest, _ trusted: [String]) -> String? {
    let chain = request.headers.all("X-Forwarded-For").joined(separator: ",").split(separator: ",")
    return chain.map { IPv4.unmapped($0.filter { $0 != " " && $0 != "\t" }) }.last {
      isAddress($0) && !IPv4.isLoopback($0) && !isTrusted($0, trusted)
    }
  }

  private static func isAddress(_ text: String) -> Bool {
    IPv4.number(text) != nil
      || (text.contains(":") && text.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." })
  }

  private static func isTrusted(_ address: String, _ proxies: [String]) -> Bool {
    proxies.contains { IPv4.matches(address, range: $0) }
  }
}

/// Addresses as far as the stand-in compares them: IPv4 with ranges, IPv6 by its text.
private enum IPv4 {
  static func number(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var number: UInt32 = 0
    for part in parts {
      guard let byte = UInt8(part), part.first != "+" else { return nil }
      number = number << 8 | UInt32(byte)
    }
    return number
  }

  /// `::ffff:127.0.0.1` is `127.0.0.1`.
  static func unmapped(_ text: String) -> String {
    text.lowercased().hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
  }

  static func isLoopback(_ text: String) -> Bool {
    text == "::1" || (number(text).map { $0 >> 24 == 127 } ?? false)
  }

  /// The range is an address, or `10.0.0.0/8`.
  static func matches(_ address: String, range: String) -> Bool {
    let parts = range.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return address == range }
    guard let number = number(address), let base = self.number(parts[0]),
      let bits = UInt32(parts[1]), bits <= 32
    else { return false }
    let mask = bits == 0 ? 0 : UInt32.max << (32 - bits)
    return number & mask == base & mask
  }
}
