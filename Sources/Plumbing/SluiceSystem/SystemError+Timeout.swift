import CSluiceSystem

extension SystemError {
  /// A deadline that passed; what was waited for may still come.
  public var isTimedOut: Bool { code == ETIMEDOUT }
}
