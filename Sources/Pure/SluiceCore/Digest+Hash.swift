import SluiceCrypto

extension Digest {
  /// The digest of these bytes.
  public init(of bytes: [UInt8]) {
    self.init(unchecked: "sha256:" + SHA256Digest.hex(bytes))
  }

  /// From the 32 bytes of a SHA-256.
  public init(hash: [UInt8]) {
    self.init(unchecked: "sha256:" + Hexadecimal.encode(hash))
  }

  /// Sixty-four zeros, which stand for "nothing was hashed".
  public static let zero = Digest(unchecked: "sha256:" + String(repeating: "0", count: 64))
}
