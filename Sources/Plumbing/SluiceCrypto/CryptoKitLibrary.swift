#if canImport(CryptoKit)
  import CryptoKit
  import Foundation

  /// The calls of CryptoKit that this target needs. Foundation comes with it: its keys are made of
  /// `Data`.
  enum Library {
    static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
      var state = SHA256State()
      state.update(bytes)
      return state.finalize()
    }

    static func sha1(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
      var hasher = Insecure.SHA1()
      hasher.update(bufferPointer: bytes)
      return Array(hasher.finalize())
    }

    static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
      Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
    }

    struct SHA256State: Sendable {
      private var hasher = SHA256()

      init() {}

      mutating func update(_ bytes: UnsafeRawBufferPointer) { hasher.update(bufferPointer: bytes) }

      func finalize() -> [UInt8] { Array(hasher.finalize()) }
    }

    static func ed25519PublicKey(seed: [UInt8]) -> [UInt8] {
      Array(privateKey(seed).publicKey.rawRepresentation)
    }

    static func ed25519Sign(_ message: [UInt8], seed: [UInt8]) -> [UInt8] {
      guard let signature = try? privateKey(seed).signature(for: Data(message)) else {
        preconditionFailure("CryptoKit could not sign")
      }
      return Array(signature)
    }

    static func ed25519Verify(
      _ signature: [UInt8], _ message: [UInt8], publicKey: [UInt8]
    ) -> Bool {
      guard
        let key = try? Curve25519.Signing.PublicKey(rawRepresentation: Data(publicKey))
      else { return false }
      return key.isValidSignature(Data(signature), for: Data(message))
    }

    private static func privateKey(_ seed: [UInt8]) -> Curve25519.Signing.PrivateKey {
      guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: Data(seed)) else {
        preconditionFailure("CryptoKit could not take an Ed25519 key")
      }
      return key
    }
  }
#endif
