import SluiceCore
import SluiceCrypto
import SluicePorts
import SluiceSystem

/// A secret of the balancer and its writer: draws and pins are keyed by it, so that no client can
/// work out which arm a key belongs to, or make up a pin. One for a fleet, in the balancer's
/// directory.
struct FleetSecret: Sendable, Hashable {
  private let bytes: [UInt8]

  static let byteCount = 32
  private static let wordLength = 32

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// For the text of a configuration that is compared and never run.
  static let blank = FleetSecret(Array(repeating: 0, count: byteCount))

  static func random() -> FleetSecret { FleetSecret(Randomness.bytes(byteCount)) }

  /// 32 hexadecimal digits. Without the secret they look random.
  func word(_ purpose: String) -> String {
    String(HMACSHA256.hex(Array(purpose.utf8), key: bytes).prefix(Self.wordLength))
  }

  /// The prefix of a session key before it is hashed.
  var keyPrefix: String { word("session key") }
  /// The canary's pin in one pin epoch.
  func canaryPin(_ epoch: Int64) -> String { word("arm canary \(epoch)") }
  /// Stable's pin, the same in every pin epoch.
  var stablePin: String { word("arm stable") }
  /// The cookie that holds a client to a gateway.
  func gatewayPin(_ host: HostName) -> String { String(word("gateway \(host)").prefix(16)) }
  /// A seed for HAProxy's hash of a client's address.
  var sourceSeed: UInt32 {
    word("source").prefix(8).reduce(0) { $0 << 4 | UInt32($1.hexDigitValue ?? 0) }
  }

  // MARK: Its file

  /// `secret`: 64 hexadecimal digits and a line feed.
  static func read(_ path: String) throws(PortError) -> FleetSecret? {
    let text: String
    do throws(SystemError) {
      guard try Files.status(of: path) != nil else { return nil }
      text = try Files.readText(path, limit: 256)
    } catch { throw PortError(.failed, "the balancer's secret cannot be read: \(error)") }
    return try decode(text, path)
  }

  /// - Parameter path: the file's, for messages.
  static func decode(_ text: String, _ path: String) throws(PortError) -> FleetSecret {
    guard text.hasSuffix("\n"), let bytes = Hexadecimal.decode(String(text.dropLast())),
      bytes.count == byteCount
    else {
      throw PortError(
        .failed, "\(path) is not a secret that Sluice made",
        remedy: "Remove it, then:  sluice balancer restart   Every client then gets a new pin, and "
          + "those of the canary begin a new conversation.")
    }
    return FleetSecret(bytes)
  }

  var fileText: String { Hexadecimal.encode(bytes) + "\n" }
}
