import SluiceCore

/// Addresses of the form `host:port` in a new fleet.
enum GatewayAddress {
  static let usualPort = 18_789
  private static let usualProbePort = 8_088

  static func complaint(_ text: String) -> InitComplaint? {
    guard parts(text) != nil, SecretScan.reason(value: text) == nil else {
      return
        "\"\(Speech.text(text, characters: 60))\" is no host:port: write for example 10.0.0.11:18789"
    }
    return nil
  }

  static func parts(_ text: String) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), text.utf8.count <= 255 else { return nil }
    let host = String(text[..<colon])
    let digits = text[text.index(after: colon)...]
    guard let port = UInt16(digits), port > 0, String(port) == digits, !host.isEmpty else {
      return nil
    }
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if isBracketed {
      return NetworkAddress(String(host.dropFirst().dropLast())) == nil ? nil : (host, Int(port))
    }
    let isName = host.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E
    }
    return isName && !host.hasPrefix("-") && !host.hasPrefix(".") ? (host, Int(port)) : nil
  }

  /// The host's address on the look's connection, or the machine of its ssh name, with the port at
  /// which OpenClaw listens; another port where a host before has the same address.
  static func suggestion(for host: HostName, in interview: Interview) -> String {
    let look = interview.look(at: host)?.look
    let spec = interview.hosts.first { $0.name == host }
    let machine = look?.address.map(bracketed) ?? spec.map(machine) ?? host.rawValue
    var port = look.flatMap { Self.port(in: $0) } ?? usualPort
    let taken = Set(interview.gateways.values)
    while taken.contains("\(machine):\(port)"), port < 65_535 { port += 1 }
    return "\(machine):\(port)"
  }

  /// The port of the gateway: the usual one where OpenClaw listens there, else its lowest.
  static func port(in look: FirstLook) -> Int? {
    let ports = look.listeners.compactMap { listener in
      listener.lastIndex(of: ":").flatMap { Int(listener[listener.index(after: $0)...]) }
    }
    return ports.contains(usualPort) ? usualPort : ports.min()
  }

  private static func machine(_ host: InitHost) -> String {
    guard var text = host.ssh?[...] else { return "127.0.0.1" }
    if text.hasPrefix("ssh://") { text = text.dropFirst(6) }
    if let at = text.lastIndex(of: "@") { text = text[text.index(after: at)...] }
    let name = text.hasPrefix("[") ? text.prefix { $0 != "]" } + "]" : text.prefix { $0 != ":" }
    return parts("\(name):1") == nil ? host.name.rawValue : String(name)
  }

  private static func bracketed(_ address: String) -> String {
    address.contains(":") ? "[\(address)]" : address
  }

  /// The probe's address beside the gateway's, and none of those that are taken.
  static func probe(beside gateway: String, taken: Set<String>) -> String {
    let host = parts(gateway)?.host ?? "127.0.0.1"
    var port = usualProbePort
    while taken.contains("\(host):\(port)") { port += 1 }
    return "\(host):\(port)"
  }
}
