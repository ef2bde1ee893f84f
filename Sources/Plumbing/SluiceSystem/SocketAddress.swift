/// Where a stream socket listens.
public enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
  case unix(path: String)
  case tcp(host: String, port: UInt16)

  /// Reads `127.0.0.1:80`, `[::1]:80`, `name:80`, `unix:/path` or an absolute path.
  public init?(_ text: String) {
    if text.utf8.contains(0) { return nil }
    if text.hasPrefix("/") {
      self = .unix(path: text)
    } else if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard path.hasPrefix("/") else { return nil }
      self = .unix(path: path)
    } else {
      guard let colon = text.lastIndex(of: ":") else { return nil }
      var host = text[..<colon]
      let digits = text[text.index(after: colon)...]
      guard let port = UInt16(digits), digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
        return nil
      }
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
        guard host.contains(":") else { return nil }
      } else if host.contains(":") {
        // `::1:80` might be a host without a port: it takes brackets.
        return nil
      }
      guard !host.isEmpty, !host.contains(where: { "[]/ ".contains($0) }) else { return nil }
      self = .tcp(host: String(host), port: port)
    }
  }

  /// Reads back as the same address.
  public var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}
