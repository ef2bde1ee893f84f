import SluiceCore

/// The way to a host, as the operator's ssh resolves a destination: `ssh -G`.
public struct SSHRoute: Sendable, Hashable {
  public let user: String
  public let host: String
  public let port: Int
  /// Over a jump host or a proxy command, which only the operator's configuration knows.
  public let isIndirect: Bool

  /// Reads the output of `ssh -G`; nil where it names no host.
  public init?(_ output: String) {
    var values: [String: String] = [:]
    for line in output.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2, values[String(words[0])] == nil else { continue }
      values[String(words[0])] = String(words[1])
    }
    guard let user = values["user"], let host = values["hostname"],
      let port = values["port"].flatMap({ Int($0) })
    else { return nil }
    self.user = user
    self.host = host
    self.port = port
    isIndirect = ["proxyjump", "proxycommand"].contains { (values[$0] ?? "none") != "none" }
  }

  /// `user@host`, or with the port where it is another than 22.
  public var destination: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == 22 && !host.contains(":") ? "\(user)@\(host)" : "ssh://\(user)@\(name):\(port)"
  }
}
