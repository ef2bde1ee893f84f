/// Signatures of RFC 8032, pure Ed25519. Keys are the raw 32 bytes, signatures 64.
///
/// CryptoKit mixes randomness into every signature, libcrypto does not. So verify signatures, and
/// do not compare their bytes.
public enum Ed25519 {
  /// Keeps its bytes out of descriptions and dumps.
  public struct PrivateKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
  {
    /// The 32-byte seed.
    public let rawRepresentation: [UInt8]
    public let publicKey: PublicKey

    /// A new key from the operating system's randomness.
    public init() {
      var generator = SystemRandomNumberGenerator()
      let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      rawRepresentation = seed
      publicKey = PublicKey(derivedFrom: seed)
    }

    /// Nil unless there are 32 bytes.
    public init?(rawRepresentation: [UInt8]) {
      guard rawRepresentation.count == 32 else { return nil }
      self.rawRepresentation = rawRepresentation
      publicKey = PublicKey(derivedFrom: rawRepresentation)
    }

    /// 64 bytes.
    public func sign(_ message: [UInt8]) -> [UInt8] {
      Library.ed25519Sign(message, seed: rawRepresentation)
    }

    public var description: String { "Ed25519.PrivateKey(***)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
  }

  public struct PublicKey: Sendable, Hashable {
    /// 32 bytes.
    public let rawRepresentation: [UInt8]

    /// Nil unless there are 32 bytes. Bytes that are no point of the curve verify nothing.
    public init?(rawRepresentation: [UInt8]) {
      guard rawRepresentation.count == 32 else { return nil }
      self.rawRepresentation = rawRepresentation
    }

    fileprivate init(derivedFrom seed: [UInt8]) {
      rawRepresentation = Library.ed25519PublicKey(seed: seed)
    }

    /// Whether the holder of the private key signed exactly this message.
    public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
      guard signature.count == 64 else { return false }
      return Library.ed25519Verify(signature, message, publicKey: rawRepresentation)
    }
  }
}
