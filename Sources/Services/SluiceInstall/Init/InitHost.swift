import SluiceCore

/// One gateway that an operator names to `sluice init`.
public struct InitHost: Sendable, Hashable {
  public var name: HostName
  /// The destination for ssh; nil: this machine.
  public var ssh: String?

  public init(name: HostName, ssh: String?) {
    self.name = name
    self.ssh = ssh
  }

  /// The word for this machine in place of an ssh name.
  static let local = "local"

  /// Reads `NAME=SSH` or `SSH`; `local` stands for this machine.
  ///
  /// - Parameter taken: the names of the hosts before.
  static func read(
    _ text: String, taken: Set<HostName>
  ) -> Result<InitHost, InitComplaint> {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let ssh = String(parts.last ?? "")
    if let complaint = complaint(ssh: ssh) { return .failure(complaint) }
    let name: HostName
    if parts.count == 2 {
      guard HostName.isValid(String(parts[0])) else {
        return .failure(
          "\"\(shown(parts[0]))\" cannot name a host: use lower-case letters, digits and -, at most 63"
        )
      }
      name = HostName(String(parts[0]))
      if taken.contains(name) { return .failure("\(name) is named twice") }
    } else {
      name = derivedName(of: ssh, taken: taken)
    }
    return .success(InitHost(name: name, ssh: ssh == local ? nil : ssh))
  }

  /// Why a text is no destination for ssh; nil where it is one.
  static func complaint(ssh: String) -> InitComplaint? {
    guard !ssh.isEmpty, !ssh.hasPrefix("-"), ssh.utf8.count <= 255, ssh.utf8.allSatisfy(isPlain)
    else {
      return
        "\"\(shown(ssh))\" is no ssh name: write user@host, ssh://user@host:port or a name of ~/.ssh/config"
    }
    return SecretScan.reason(value: ssh).map { InitComplaint("that \($0): write no secret here") }
  }

  /// The first part of the machine's name, made fit: `ana@Mac-A.example` gives `mac-a`.
  private static func derivedName(of ssh: String, taken: Set<HostName>) -> HostName {
    var text = ssh[...]
    if text.hasPrefix("ssh://") { text = text.dropFirst(6) }
    if let at = text.lastIndex(of: "@") { text = text[text.index(after: at)...] }
    let isAddress = NetworkAddress(String(text.prefix { $0 != ":" })) != nil || text.hasPrefix("[")
    let label = isAddress ? text.prefix { $0 != "]" } : text.prefix { $0 != "." && $0 != ":" }
    let fit = label.lowercased().map { character -> Character in
      HostName.isValid(String(character)) ? character : "-"
    }
    let start = String(String(fit).drop { $0 == "-" }.prefix(50))
    let base = HostName.isValid(start) ? start : "host"
    var name = HostName(base)
    var number = 2
    while taken.contains(name) {
      name = HostName("\(base)-\(number)")
      number += 1
    }
    return name
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || Array("._-+@:/[]%".utf8).contains(byte)
  }

  private static func shown(_ text: some StringProtocol) -> String {
    Speech.text(String(text), characters: 60)
  }
}

/// Why an answer was not taken.
public struct InitComplaint: Error, Sendable, Hashable, ExpressibleByStringLiteral {
  public let text: String

  public init(_ text: String) { self.text = text }
  public init(stringLiteral value: String) { text = value }
  public init(stringInterpolation: DefaultStringInterpolation) {
    text = String(stringInterpolation: stringInterpolation)
  }
}

extension InitComplaint: ExpressibleByStringInterpolation {}
