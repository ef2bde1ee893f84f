/// Bytes that fill a reserve: a file system that compresses files or leaves holes in them cannot
/// store these bytes in less space.
public enum Ballast {
  private static let whole = made(1 << 20)

  /// - Parameter count: the number of bytes, 0 or more. Counts up to 1 MiB share one block of memory.
  public static func bytes(_ count: Int) -> ArraySlice<UInt8> {
    count <= whole.count ? whole[..<count] : made(count)[...]
  }

  /// Marsaglia's xorshift64.
  private static func made(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 32)
    }
  }
}
