import SluicePorts
import SluiceSystem

/// The gateway's shared secret, read anew for every use: it may be rotated. It shows itself nowhere.
struct GatewayToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private static let limit = 4096
  private static let placeholder = "<token>"

  /// For a header or a handshake, never for a message.
  let secret: String

  /// Reads a regular file that only its owner may read.
  init(file path: String) throws(PortError) {
    let status = try Self.reading { () throws(SystemError) in try Files.status(of: path) }
    guard let status, status.kind == .regular else {
      throw Self.refusal(
        path, status == nil ? "does not exist" : "is not a regular file",
        remedy: "Name a file of mode 0600 with the gateway's token as openclaw.token_file.")
    }
    guard status.mode & 0o077 == 0 else {
      throw Self.refusal(
        path, "has mode 0\(String(status.mode, radix: 8)): others than its owner may use it",
        remedy: "chmod 600 \(path)")
    }
    let bytes = try Self.reading { () throws(SystemError) in
      try Files.read(path, limit: Self.limit)
    }
    try self.init(bytes, file: path)
  }

  /// - Parameter path: the file's that the bytes are the content of, for messages.
  init(_ bytes: [UInt8], file path: String) throws(PortError) {
    let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
    let rest = bytes.dropFirst(line.count)
    guard !line.isEmpty, line.allSatisfy({ (0x21...0x7E).contains($0) }),
      rest.allSatisfy({ $0 == 0x0A || $0 == 0x0D || $0 == 0x20 })
    else {
      throw Self.refusal(
        path, "is not one line of visible ASCII characters",
        remedy: "Write the value of gateway.auth.token into it, and nothing else.")
    }
    secret = String(decoding: line, as: UTF8.self)
  }

  var authorization: String { "Bearer \(secret)" }

  /// A text of the gateway's without the token, should it repeat it.
  func removed(from text: String) -> String {
    let secret = Array(secret.utf8)
    var rest = Array(text.utf8)[...]
    var clean: [UInt8] = []
    // By bytes: a mark that joins the token's last letter would hide it.
    while let first = rest.first {
      if first == secret.first, rest.starts(with: secret) {
        clean += Self.placeholder.utf8
        rest = rest.dropFirst(secret.count)
      } else {
        clean.append(first)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: clean, as: UTF8.self)
  }

  private static func reading<Value>(
    _ read: () throws(SystemError) -> Value
  ) throws(PortError) -> Value {
    do throws(SystemError) { return try read() } catch {
      throw PortError(
        .refused, "the gateway's token cannot be read: \(error)",
        remedy: "Let the user that Sluice's agent runs as own it, with mode 0600.")
    }
  }

  private static func refusal(_ path: String, _ fault: String, remedy: String) -> PortError {
    PortError(.refused, "the gateway's token file \(path) \(fault)", remedy: remedy)
  }

  var description: String { Self.placeholder }
  var debugDescription: String { Self.placeholder }
  var customMirror: Mirror { Mirror(self, children: []) }
}
