import CSluiceSystem

extension SystemError {
  /// A deadline passed; the awaited event may still come.
  public var isTimedOut: Bool { code == ETIMEDOUT }
}
