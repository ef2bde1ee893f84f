/// Reserved space on a disk for lines that must be written although the disk is full: the
/// rollback's.
public struct SpaceReserve: Sendable {
  private let path: String
  private let size: Int

  /// - Parameters:
  ///   - path: Of the file that takes the room, on the disk of the files that need it.
  ///   - size: In bytes.
  public init(path: String, size: Int) {
    self.path = path
    self.size = size
  }

  /// Takes the room if it is not taken. Best effort: on a full disk there is none.
  public func keep() {
    if (try? Files.status(of: path))??.size == Int64(size) { return }
    try? Files.replace(path, with: Self.ballast(size), mode: 0o600)
  }

  /// Bytes without a pattern (Marsaglia's xorshift64): a file system that compresses, or leaves holes,
  /// would keep no room for others.
  private static func ballast(_ size: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<size).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 32)
    }
  }

  /// Runs the body, and once more with the room given up if the disk has none for it.
  public func spend<Result>(
    on body: () throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    do throws(SystemError) { return try body() } catch {
      guard error.isOutOfSpace else { throw error }
      try Files.removeTree(path)
      return try body()
    }
  }
}
