/// A request's target, split and percent-decoded: `/a%20b?x=1&y` is path `/a b`, query x=1, y="".
struct HTTPTarget {
  let path: String
  /// Of a name that occurs twice the first value counts.
  let query: [String: String]

  /// nil when an escape is cut or not hexadecimal, when it decodes to a NUL or not to UTF-8, or when
  /// there is a character that must be escaped.
  init?(_ target: some StringProtocol) {
    let target = target.utf8.prefix { $0 != UInt8(ascii: "#") }
    let parts = target.split(
      separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let path = percentDecoded(first, plusIsSpace: false) else {
      return nil
    }
    self.path = path.isEmpty ? "/" : path
    var query: [String: String] = [:]
    for pair in parts.count > 1 ? parts[1].split(separator: UInt8(ascii: "&")) : [] {
      let sides = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = percentDecoded(sides[0], plusIsSpace: true),
        let value = sides.count > 1 ? percentDecoded(sides[1], plusIsSpace: true) : ""
      else { return nil }
      if query[name] == nil { query[name] = value }
    }
    self.query = query
  }

  /// The target inside an absolute URL: what follows scheme and authority.
  static func of(url: String) -> Substring {
    guard let scheme = end(of: "://", in: url[...].utf8) else { return url[...] }
    let rest = url.utf8[scheme...]
    return Substring(rest.drop { !"/?#".utf8.contains($0) })
  }

  /// The URL as an error or a log may show it: without user, password, query and fragment, any of
  /// which may be a secret.
  static func withoutSecrets(_ url: String) -> String {
    // By bytes: a mark that joins the character before it would hide that one.
    let visible = url.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    guard let start = end(of: "://", in: visible) else { return String(Substring(visible)) }
    let authority = visible[start...].prefix { $0 != UInt8(ascii: "/") }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else {
      return String(Substring(visible))
    }
    return String(Substring(visible[..<start]))
      + String(Substring(visible[visible.index(after: at)...]))
  }

  /// The index after the first occurrence.
  private static func end(
    of mark: StaticString, in text: Substring.UTF8View
  ) -> String.Index? {
    mark.withUTF8Buffer { mark in
      var rest = text
      while !rest.isEmpty {
        if rest.starts(with: mark) { return rest.index(rest.startIndex, offsetBy: mark.count) }
        rest.removeFirst()
      }
      return nil
    }
  }
}

private func percentDecoded(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool) -> String? {
  var decoded: [UInt8] = []
  var iterator = bytes.makeIterator()
  while let byte = iterator.next() {
    switch byte {
    case UInt8(ascii: "%"):
      guard let high = iterator.next().flatMap(hexadecimalValue),
        let low = iterator.next().flatMap(hexadecimalValue), high | low != 0
      else { return nil }
      decoded.append(high << 4 | low)
    case UInt8(ascii: "+") where plusIsSpace:
      decoded.append(0x20)
    case 0x21...0x7E:
      decoded.append(byte)
    default:
      return nil
    }
  }
  return String(validating: decoded, as: UTF8.self)
}

private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
