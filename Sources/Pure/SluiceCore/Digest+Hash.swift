import SluiceCrypto

extension Digest {
  /// The digest of some bytes.
  public init(of bytes: [UInt8]) {
    self.init(unchecked: "sha256:" + SHA256Digest.hex(bytes))
  }

  /// From the 32 bytes of a SHA-256.
  public init(hash: [UInt8]) {
    self.init(unchecked: "sha256:" + Hexadecimal.encode(hash))
  }

  /// Sixty-four zeros: the digest of nothing that was ever hashed.
  public static let zero = Digest(unchecked: "sha256:" + String(repeating: "0", count: 64))
}
