import SluiceJSON
import SluicePorts
import SluiceSystem

/// The error with which a controller ended, for the process that started it: one `PortError` as
/// JSON, in a file of the writer's private directory.
public struct ControllerError: Sendable {
  private let path: String
  private static let limit = 64 << 10

  public init(path: String) { self.path = path }

  /// On a full disk the error is lost, and the starter reports that.
  public func write(_ error: PortError) {
    guard let bytes = try? CanonicalJSON.bytes(error) else { return }
    try? Files.replace(path, with: bytes, mode: 0o600, durable: false)
  }

  /// Reads the error and removes the file; nil without a file.
  func take() -> PortError? {
    guard let bytes = try? Files.read(path, limit: Self.limit) else { return nil }
    try? Files.removeFile(path)
    return try? CanonicalJSON.decode(PortError.self, from: bytes)
  }
}
