import SluiceCore

/// The options of `sluice rehearse`.
public struct RehearsalOptions: Sendable, Hashable {
  public var acts: [Act] = Act.usual
  public var speed = 1.0
  public var restart = SwingPolicy.Restart.always
  public var restartBy = SwingPolicy.RestartBy.service
  /// Leave all up.
  public var isKept = false
  /// Absolute.
  public var directory: String
  /// As the operator named it.
  public var shownDirectory: String

  public init(directory: String, shownDirectory: String) {
    self.directory = directory
    self.shownDirectory = shownDirectory
  }
}
