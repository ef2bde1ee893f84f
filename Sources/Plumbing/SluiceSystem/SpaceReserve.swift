/// Reserved space on a disk for files that a rollback must write although the disk is full.
///
/// This reserve is given up at once and taken again later. The ledger has a reserve of its own, which
/// gives back piece by piece.
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
    try? Files.replace(path, with: Array(Ballast.bytes(size)), mode: 0o600)
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
