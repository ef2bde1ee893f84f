// SHA-256 for digests, SHA-1 for the WebSocket handshake: CryptoKit on macOS, libcrypto on Linux.

#if canImport(CryptoKit)
  import CryptoKit
#else
  import COpenSSL
#endif

/// SHA-256 (FIPS 180-4).
public enum SHA256Digest {
  /// 32 bytes.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    #if canImport(CryptoKit)
      Array(SHA256.hash(data: bytes))
    #else
      OpenSSLDigest.hash(bytes, EVP_sha256(), size: 32)
    #endif
  }

  /// 64 lower-case hex digits.
  public static func hex(_ bytes: [UInt8]) -> String { Hexadecimal.encode(hash(bytes)) }
}

/// SHA-1, for the WebSocket handshake (RFC 6455 §4.2.2) and nothing else: it protects nothing.
public enum SHA1Digest {
  /// 20 bytes.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    #if canImport(CryptoKit)
      Array(Insecure.SHA1.hash(data: bytes))
    #else
      OpenSSLDigest.hash(bytes, EVP_sha1(), size: 20)
    #endif
  }
}

/// SHA-256 over parts, for what does not fit into memory at once.
public struct SHA256Hasher {
  #if canImport(CryptoKit)
    private var hasher = SHA256()
  #else
    private let context: OpenSSLDigest.Context
  #endif

  public init() {
    #if !canImport(CryptoKit)
      context = OpenSSLDigest.Context(EVP_sha256())
    #endif
  }

  public mutating func update(_ bytes: [UInt8]) {
    #if canImport(CryptoKit)
      hasher.update(data: bytes)
    #else
      context.update(bytes)
    #endif
  }

  /// 32 bytes; the hasher is spent afterwards.
  public func finalize() -> [UInt8] {
    #if canImport(CryptoKit)
      Array(hasher.finalize())
    #else
      context.finalize(size: 32)
    #endif
  }
}

#if !canImport(CryptoKit)
  enum OpenSSLDigest {
    static func hash(_ bytes: [UInt8], _ kind: OpaquePointer?, size: Int) -> [UInt8] {
      var output = [UInt8](repeating: 0, count: size)
      let done = EVP_Digest(bytes, bytes.count, &output, nil, kind, nil)
      precondition(done == 1, "libcrypto refused a digest that it always has")
      return output
    }

    /// Owns one EVP_MD_CTX; a hasher that is copied shares it, so it is used from one place only.
    final class Context {
      private let pointer: OpaquePointer

      init(_ kind: OpaquePointer?) {
        guard let pointer = EVP_MD_CTX_new(), EVP_DigestInit_ex(pointer, kind, nil) == 1 else {
          preconditionFailure("libcrypto has no memory for a digest")
        }
        self.pointer = pointer
      }

      deinit { EVP_MD_CTX_free(pointer) }

      func update(_ bytes: [UInt8]) {
        precondition(EVP_DigestUpdate(pointer, bytes, bytes.count) == 1, "digest update")
      }

      func finalize(size: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: size)
        precondition(EVP_DigestFinal_ex(pointer, &output, nil) == 1, "digest end")
        return output
      }
    }
  }
#endif
