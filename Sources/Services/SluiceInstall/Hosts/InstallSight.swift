import SluiceCore
import SluicePorts

/// The facts of one host that an installation starts from.
public struct InstallSight: Sendable, Hashable {
  public enum Directory: String, Sendable, Hashable {
    /// The account may write to it.
    case own
    case foreign, missing
  }

  /// The writer's key in the account's `authorized_keys`.
  public enum Key: String, Sendable, Hashable {
    /// With exactly the wanted line.
    case exact
    /// With another line that Sluice wrote.
    case ours
    /// With a line that Sluice did not write.
    case foreign
    case absent
  }

  /// As `uname -sm` says it: `Darwin arm64`.
  public var platform = ""
  var user = ""
  var userNumber: UInt32 = 0
  var home = ""
  /// Whether the account is root, or `sudo -n` works.
  var hasRoot = false
  var state = Directory.missing
  /// Whether the account may make the missing directory.
  var canMakeState = false
  /// Digests of files, in hexadecimal; nil: no such file.
  var program: String?
  var fleet: String?
  var unit: String?
  /// The version of Sluice that the host's program names.
  public var version: String?
  public var manager: AgentUnit.Manager?
  var isRunning = false
  var key = Key.absent

  /// - Throws: `.unreachable` when no shell answered, or when the answer lacks the account.
  static func read(_ answer: ShellAnswer, of host: HostName) throws(PortError) -> InstallSight {
    guard let values = LookFrame.values(in: answer.output) else {
      throw PortError(
        .unreachable,
        "no shell answered at \(host): \(LookFrame.firstWords(of: answer))",
        remedy: "Sluice installs with a key that opens a shell. Try by hand:  ssh to \(host)")
    }
    var sight = InstallSight()
    for (key, value) in values where !value.isEmpty { sight.take(key, value) }
    guard !sight.user.isEmpty, sight.home.hasPrefix("/") else {
      throw PortError(.unreachable, "\(host) did not say which account answers")
    }
    return sight
  }

  private mutating func take(_ key: String, _ value: String) {
    switch key {
    case "platform": platform = Speech.text(value, characters: 40)
    case "user": user = Self.isAccount(value) ? value : ""
    case "uid": userNumber = UInt32(value) ?? 0
    case "home": home = Self.isPath(value) ? value : ""
    case "root": hasRoot = value == "yes"
    case "state": state = Directory(rawValue: value) ?? .foreign
    case "parent": canMakeState = value == "yes"
    case "program": program = Self.digest(value)
    case "fleet": fleet = Self.digest(value)
    case "unit": unit = Self.digest(value)
    case "version":
      version = value.split(separator: " ").last.map { Speech.text(String($0), characters: 40) }
    case "manager": manager = AgentUnit.Manager(rawValue: value)
    case "running": isRunning = value == "yes"
    case "key": self.key = Key(rawValue: value) ?? .foreign
    default: break
    }
  }

  private static func isAccount(_ text: String) -> Bool {
    text.utf8.count <= 64 && !text.hasPrefix("-")
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || Array("._-".utf8).contains(byte)
      }
  }

  private static func isPath(_ text: String) -> Bool {
    text.hasPrefix("/") && !text.pathParts.contains("..")
      && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
  }

  private static func digest(_ text: String) -> String? {
    text.utf8.count == 64
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
      ? text : nil
  }
}
