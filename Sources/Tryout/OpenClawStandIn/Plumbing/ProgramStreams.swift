import SluiceSystem

/// Where the program's output goes: the process's own streams, or a test's.
public struct ProgramStreams: Sendable {
  let out: @Sendable (String) -> Void
  let err: @Sendable (String) -> Void

  public init(
    out: @escaping @Sendable (String) -> Void, err: @escaping @Sendable (String) -> Void
  ) {
    self.out = out
    self.err = err
  }

  /// Unbuffered, so that a log can be followed.
  public static let standard = ProgramStreams(
    out: { StandardStreams.write($0, toError: false) },
    err: { StandardStreams.write($0, toError: true) })
}
