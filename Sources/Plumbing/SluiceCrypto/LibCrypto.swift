#if os(Linux)
  import COpenSSL

  /// The calls of libcrypto (OpenSSL 3) that this target needs. They fail only without memory or
  /// with a crippled installation: a wrong hash must never come out, so those end the program.
  enum Library {
    /// `@unchecked Sendable`: libcrypto's algorithm descriptions never change once fetched.
    private struct Algorithm: @unchecked Sendable {
      let pointer: OpaquePointer

      init(_ name: String) {
        // Fetched once: finding the provider costs more than hashing a short line.
        guard let pointer = EVP_MD_fetch(nil, name, nil) else {
          preconditionFailure("libcrypto offers no \(name)")
        }
        self.pointer = pointer
      }
    }

    private static let sha256Algorithm = Algorithm("SHA256")
    private static let sha1Algorithm = Algorithm("SHA1")

    static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
      digest(bytes, sha256Algorithm, length: 32)
    }

    static func sha1(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
      digest(bytes, sha1Algorithm, length: 20)
    }

    static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: 32) { output, count in
        var length: UInt32 = 0
        let done = HMAC(
          sha256Algorithm.pointer, key, Int32(key.count), bytes, bytes.count, output.baseAddress,
          &length)
        precondition(done != nil && length == 32, "libcrypto could not authenticate")
        count = 32
      }
    }

    private static func digest(
      _ bytes: UnsafeRawBufferPointer, _ algorithm: Algorithm, length: Int
    ) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: length) { output, count in
        let done = EVP_Digest(
          bytes.baseAddress, bytes.count, output.baseAddress, nil, algorithm.pointer, nil)
        precondition(done == 1, "libcrypto could not hash")
        count = length
      }
    }

    /// A running hash with the semantics of a value.
    ///
    /// `@unchecked Sendable`: a context is changed only while this value alone refers to it.
    struct SHA256State: @unchecked Sendable {
      private final class Context {
        let pointer: OpaquePointer

        init() {
          guard let pointer = EVP_MD_CTX_new() else {
            preconditionFailure("libcrypto is out of memory")
          }
          self.pointer = pointer
        }

        convenience init(copying other: Context) {
          self.init()
          precondition(EVP_MD_CTX_copy_ex(pointer, other.pointer) == 1, "libcrypto could not copy")
        }

        deinit { EVP_MD_CTX_free(pointer) }
      }

      private var context = Context()

      init() {
        let started = EVP_DigestInit_ex(context.pointer, sha256Algorithm.pointer, nil)
        precondition(started == 1, "libcrypto could not start a hash")
      }

      mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&context) { context = Context(copying: context) }
        let done = EVP_DigestUpdate(context.pointer, bytes.baseAddress, bytes.count)
        precondition(done == 1, "libcrypto could not hash")
      }

      func finalize() -> [UInt8] {
        let copy = Context(copying: context)
        return [UInt8](unsafeUninitializedCapacity: 32) { output, count in
          let done = EVP_DigestFinal_ex(copy.pointer, output.baseAddress, nil)
          precondition(done == 1, "libcrypto could not hash")
          count = 32
        }
      }
    }

    static func ed25519PublicKey(seed: [UInt8]) -> [UInt8] {
      let key = privateKey(seed)
      defer { EVP_PKEY_free(key) }
      return [UInt8](unsafeUninitializedCapacity: 32) { output, count in
        count = 32
        let done = EVP_PKEY_get_raw_public_key(key, output.baseAddress, &count)
        precondition(done == 1 && count == 32, "libcrypto could not derive a public key")
      }
    }

    static func ed25519Sign(_ message: [UInt8], seed: [UInt8]) -> [UInt8] {
      let key = privateKey(seed)
      let context = EVP_MD_CTX_new()
      defer {
        EVP_MD_CTX_free(context)
        EVP_PKEY_free(key)
      }
      return [UInt8](unsafeUninitializedCapacity: 64) { output, count in
        count = 64
        let done =
          EVP_DigestSignInit(context, nil, nil, nil, key) == 1
          && EVP_DigestSign(context, output.baseAddress, &count, message, message.count) == 1
        precondition(done && count == 64, "libcrypto could not sign")
      }
    }

    static func ed25519Verify(
      _ signature: [UInt8], _ message: [UInt8], publicKey: [UInt8]
    ) -> Bool {
      guard
        let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
      else { return false }
      let context = EVP_MD_CTX_new()
      defer {
        EVP_MD_CTX_free(context)
        EVP_PKEY_free(key)
        // A refused signature leaves its reason in this thread's queue, where a later call of
        // another library (TLS) would take it for its own.
        ERR_clear_error()
      }
      return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
        && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    private static func privateKey(_ seed: [UInt8]) -> OpaquePointer {
      guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
        preconditionFailure("libcrypto could not take an Ed25519 key")
      }
      return key
    }
  }
#endif
