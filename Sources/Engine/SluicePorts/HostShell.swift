/// A shell on a host, for the work that comes before the host's agent: the first look and the
/// installation.
public protocol HostShell: Sendable {
  /// Runs a script of `/bin/sh` to its end.
  ///
  /// - Throws: `.unreachable` if the script did not begin, `.unknown` if its end was not seen.
  func run(_ script: ShellScript, deadline: Duration) async throws(PortError) -> ShellAnswer
}

/// A script for `/bin/sh`.
public struct ShellScript: Sendable, Hashable {
  public var text: String
  /// The script's standard input; nil: none.
  public var input: [UInt8]?

  public init(_ text: String, input: [UInt8]? = nil) {
    self.text = text
    self.input = input
  }
}

/// The end of a script and its output.
public struct ShellAnswer: Sendable, Hashable {
  public var exitCode: Int32
  /// May begin with the text of a login shell's start-up files.
  public var output: [UInt8]
  public var errors: String

  public init(exitCode: Int32, output: [UInt8], errors: String) {
    self.exitCode = exitCode
    self.output = output
    self.errors = errors
  }
}
