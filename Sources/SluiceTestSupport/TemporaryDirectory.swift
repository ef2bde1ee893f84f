import SluiceSystem

/// A directory of a test's own, gone with the value. Its path is short: a unix socket has room for
/// 104 bytes.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public init() throws {
    path = "/tmp/sluice-\(Randomness.hexadecimal(bytes: 5))"
    try Files.makeDirectory(path, mode: 0o700)
  }

  deinit { try? Files.removeTree(path) }

  public func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}
