import SluiceJSON
import SluicePorts
import SluiceSystem

/// The error that a controller ended with, handed to the process that started it: one `PortError` as
/// JSON, in a file of the writer's private directory.
public struct ControllerError: Sendable {
  private let path: String
  private static let limit = 64 << 10

  public init(path: String) { self.path = path }

  /// On a full disk the error is lost: the starter then says so.
  public func write(_ error: PortError) {
    guard let bytes = try? CanonicalJSON.bytes(error) else { return }
    try? Files.replace(path, with: bytes, mode: 0o600, durable: false)
  }

  /// Takes it out of its file; nil when there is none.
  func take() -> PortError? {
    guard let bytes = try? Files.read(path, limit: Self.limit) else { return nil }
    try? Files.removeFile(path)
    return try? CanonicalJSON.decode(PortError.self, from: bytes)
  }
}
