/// SHA-256 (FIPS 180-4) of bytes in memory.
public enum SHA256Digest {
  /// 32 bytes.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { Library.sha256($0) }
  }

  /// 64 lower-case hexadecimal digits.
  public static func hex(_ bytes: [UInt8]) -> String { Hexadecimal.encode(hash(bytes)) }
}

/// SHA-1, for the handshake of RFC 6455 only: SHA-1 no longer prevents forgery.
public enum SHA1Digest {
  /// 20 bytes.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { Library.sha1($0) }
  }
}

/// SHA-256 of bytes that come in parts.
public struct SHA256Hasher: Sendable {
  private var state = Library.SHA256State()

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bytes) }

  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { state.update($0) }
  }

  public mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { state.update($0) }
  }

  public mutating func update(_ bytes: some Sequence<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ state.update(UnsafeRawBufferPointer($0)) }) == nil {
      update(Array(bytes))
    }
  }

  /// The hash of everything so far, 32 bytes; more may follow.
  public func finalize() -> [UInt8] { state.finalize() }
}

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1).
public enum HMACSHA256 {
  /// 64 lower-case hex digits.
  ///
  /// - Parameter key: at least one byte.
  public static func hex(_ bytes: [UInt8], key: [UInt8]) -> String {
    Hexadecimal.encode(Library.hmacSHA256(bytes, key: key))
  }
}
