import SluicePorts
import SluiceSystem

/// The line of `authorized_keys` under which the writer's key may talk to the agent and do nothing
/// else: no shell, no forwarding, no other command.
public enum AuthorizedKey {
  private static let kinds = [
    "ssh-ed25519", "sk-ssh-ed25519@openssh.com", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521", "sk-ecdsa-sha2-nistp256@openssh.com", "ssh-rsa",
  ]

  /// - Parameters:
  ///   - keyFile: the public key of the writer, as ssh-keygen writes it.
  ///   - program: Sluice on this host, an absolute path.
  public static func line(
    keyFile: String, program: String, socket: String
  ) throws(PortError) -> String {
    let text: String
    do throws(SystemError) { text = try Files.readText(keyFile, limit: 16 << 10) } catch {
      throw PortError(
        .refused, "the key cannot be read: \(error)",
        remedy: "Name the writer's public key, such as id_ed25519.pub.")
    }
    return try line(key: text, from: keyFile, program: program, socket: socket)
  }

  static func line(
    key text: String, from file: String, program: String, socket: String
  ) throws(PortError) -> String {
    let lines = text.split(whereSeparator: \.isNewline)
    let words = (lines.first ?? "").split(separator: " ")
    guard lines.count == 1, words.count >= 2, kinds.contains(String(words[0])),
      words[1].utf8.count >= 32, words[1].utf8.allSatisfy(isBase64)
    else {
      throw PortError(
        .refused, "\(file) is not one public key",
        remedy: "Name the file that ends in .pub: a private key has no business on this host.")
    }
    for (path, name) in [(program, "program"), (socket, "socket")]
    where !path.hasPrefix("/") || !path.utf8.allSatisfy(isPlain) {
      throw PortError(
        .refused, "\"\(path)\" cannot stand in authorized_keys as the \(name)",
        remedy: "It has to be an absolute path of letters, digits and . _ - + @ : / alone.")
    }
    return "restrict,command=\"\(program) node --stdio --socket \(socket)\" \(words[0]) \(words[1])"
      + " sluice-writer"
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || Array("+/=".utf8).contains(byte)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || Array("._-+@:/".utf8).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
