import SluiceCore
import SluiceCrypto

/// A host's public key, as `ssh-keyscan` and `known_hosts` write it.
public struct HostKey: Sendable, Hashable {
  public let kind: String
  /// In base64.
  public let body: String

  /// Kinds by preference: ssh asks a host first for a kind that it has on record.
  private static let kinds = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
  ]

  /// `SHA256:…`, as `ssh-keygen -l` shows it.
  public var fingerprint: String {
    let digest = SHA256Digest.hash(Base64.decode(body) ?? [])
    return "SHA256:" + String(Base64.encode(digest).prefix { $0 != "=" })
  }

  /// The line of Sluice's own `known_hosts`.
  public func line(for host: HostName) -> String { "\(host) \(kind) \(body)" }

  /// The preferred key in the output of `ssh-keyscan`; nil without any.
  public static func scanned(_ output: String) -> HostKey? {
    let keys = output.split(whereSeparator: \.isNewline).compactMap(read)
    return kinds.lazy.compactMap { kind in keys.first { $0.kind == kind } }.first
  }

  /// The keys that a `known_hosts` has for a host.
  public static func recorded(for host: HostName, in text: String) -> [HostKey] {
    text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("\(host) ") }.compactMap(read)
  }

  /// `known_hosts` without the host's keys; every other line stays.
  public static func removing(_ host: HostName, from text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: true)
      .filter { !$0.hasPrefix("\(host) ") }.map { $0 + "\n" }.joined()
  }

  private static func read(_ line: Substring) -> HostKey? {
    let words = line.split(separator: " ")
    guard !line.hasPrefix("#"), words.count >= 3, kinds.contains(String(words[1])),
      let bytes = Base64.decode(String(words[2])), bytes.count >= 32
    else { return nil }
    return HostKey(kind: String(words[1]), body: String(words[2]))
  }
}

/// The parts of an ssh destination that Sluice itself understands: `user@host` or
/// `ssh://user@host:port`.
public struct SSHDestination: Sendable, Hashable {
  public let host: String
  public let port: UInt16

  /// Nil for a destination of another form.
  public init?(_ text: String) {
    var rest = text[...]
    let isURL = rest.hasPrefix("ssh://")
    if isURL { rest = rest.dropFirst(6) }
    if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    var port: UInt16 = 22
    if isURL, rest.last != "]", let colon = rest.lastIndex(of: ":") {
      guard let given = UInt16(rest[rest.index(after: colon)...]), given > 0 else { return nil }
      port = given
      rest = rest[..<colon]
    }
    let host = rest.filter { $0 != "[" && $0 != "]" }
    guard !host.isEmpty, !host.hasPrefix("-"), !host.contains("/") else { return nil }
    self.host = host
    self.port = port
  }
}
