/// A program to run, with exactly these arguments and this environment.
public struct ProcessCommand: Sendable, Hashable {
  /// An absolute path.
  public var executable: String
  public var arguments: [String]
  /// Nothing is inherited.
  public var environment: [String: String]
  public var directory: String?
  /// Given on standard input, then its end.
  public var input: [UInt8]
  /// After this the whole process group is ended: SIGTERM, a second later SIGKILL.
  public var deadline: Duration
  /// Bytes of output that are kept, each of standard output and error.
  public var outputLimit: Int

  public init(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: String? = nil, input: [UInt8] = [], deadline: Duration = .seconds(30),
    outputLimit: Int = 1 << 20
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.input = input
    self.deadline = deadline
    self.outputLimit = outputLimit
  }
}

/// Reports that a program has answered, though it does not exit: some programs hang after their
/// last output.
public struct AnswerWatch: Sendable {
  /// How long nothing may have been written.
  public var silence: Duration
  /// Whether standard output holds the whole answer. Called after a silence and at the deadline.
  public var isWhole: @Sendable ([UInt8]) -> Bool

  public init(silence: Duration, isWhole: @escaping @Sendable ([UInt8]) -> Bool) {
    self.silence = silence
    self.isWhole = isWhole
  }
}

/// A program's end and output.
public struct ProcessOutcome: Sendable, Hashable {
  public enum Termination: Sendable, Hashable {
    case exited(Int32)
    case signalled(Int32)
  }

  public var termination: Termination
  public var standardOutput: [UInt8]
  public var standardError: [UInt8]
  public var outputTruncated: Bool
  /// Its group was ended, by the deadline or because the task was cancelled.
  public var timedOut: Bool
  /// The process had written its whole answer and did not end by itself, so its group was ended.
  public var endedAfterAnswer = false
  public var duration: Duration

  /// Exit code 0, in time. An exit code is never the whole answer: read the output too.
  public var succeeded: Bool { termination == .exited(0) && !timedOut }
  public var outputText: String { String(decoding: standardOutput, as: UTF8.self) }
  public var errorText: String { String(decoding: standardError, as: UTF8.self) }
}

/// A process, distinct from a later process with the same number.
public struct ProcessIdentity: Sendable, Hashable, Codable {
  public let pid: Int32
  /// When it started, in the system's own unit, and in which boot: a process recorded before a
  /// restart of the machine may otherwise find its own number and start again.
  public let startToken: String
  /// The same by the wall clock, milliseconds since 1970, to about ten milliseconds.
  public let startedMilliseconds: Int64

  public init(pid: Int32, startToken: String, startedMilliseconds: Int64) {
    self.pid = pid
    self.startToken = startToken
    self.startedMilliseconds = startedMilliseconds
  }

  public static func == (left: ProcessIdentity, right: ProcessIdentity) -> Bool {
    left.pid == right.pid && left.startToken == right.startToken
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(pid)
    hasher.combine(startToken)
  }
}
