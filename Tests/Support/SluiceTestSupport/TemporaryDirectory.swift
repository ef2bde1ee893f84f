import SluiceSystem

/// A directory of a test's own, gone with the value. Its path is short: a unix socket has room for
/// 104 bytes.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public init() throws {
    // /tmp is a link on macOS, and paths read back from the system would differ.
    let parent = Platform.current == .macOS ? "/private/tmp" : "/tmp"
    path = "\(parent)/sluice-\(Randomness.hexadecimal(bytes: 5))"
    try Files.makeDirectory(path, mode: 0o700)
  }

  deinit { remove() }

  /// Earlier than by itself; again does nothing.
  public func remove() { try? Files.removeTree(path) }

  public func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}
