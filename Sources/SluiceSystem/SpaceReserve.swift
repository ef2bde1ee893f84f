/// Room on a disk that is kept for what must be written although the disk is full: the way back.
public struct SpaceReserve: Sendable {
  private let path: String
  private let size: Int

  /// - Parameters:
  ///   - path: Of the file that takes the room, beside what it is kept for.
  ///   - size: In bytes.
  public init(path: String, size: Int) {
    self.path = path
    self.size = size
  }

  /// Takes the room if it is not taken. Best effort: on a full disk there is none.
  public func keep() {
    if (try? Files.status(of: path))??.size == Int64(size) { return }
    // Not zeros: a file system that compresses or leaves holes would keep no room for them.
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 167 >> 3) }
    try? Files.replace(path, with: bytes, mode: 0o600)
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
