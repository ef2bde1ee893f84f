import SluiceCore

/// The copies of OpenClaw's state on which builds are tried. A copy is made while the gateway
/// serves; nothing of the original is written.
public protocol TrialStore: ItemStore {
  /// Makes the copy of a trial, and first removes what earlier trials left.
  ///
  /// - Throws: `.outOfSpace`, with the room that it needs; `.refused` for a state that cannot be
  ///   tried; `.failed` where it cannot be copied consistently.
  func copy(token: OperationID) async throws(PortError) -> TrialCopy
  /// The directory of a trial, there or not.
  func directory(of token: OperationID) async -> String
  /// The directories of trials that were interrupted.
  func leftovers() async throws(PortError) -> [String]
  /// Files and bytes of the copied state as it is now.
  func measure(_ copy: TrialCopy) async throws(PortError) -> (files: Int, bytes: Int64)
  /// Free bytes of the disk that holds the copies.
  func freeBytes() async throws(PortError) -> Int64
  /// Removes a trial's directory; succeeds where there is none.
  func discard(_ directory: String) async throws(PortError)
}

/// A copy of OpenClaw's state, for one trial.
public struct TrialCopy: Sendable, Hashable {
  /// The directory that holds the copy and everything else of the trial.
  public var directory: String
  public var state: String
  /// Where the trial's own configuration file belongs.
  public var configuration: String
  public var originalState: String
  public var originalConfiguration: String
  public var files: Int
  public var bytes: Int64
  public var milliseconds: Int64
  /// The copied databases, absolute.
  public var databases: [String]
  /// What was not copied, as sentences without their full stop.
  public var leftOut: [String]

  public init(
    directory: String, state: String, configuration: String, originalState: String,
    originalConfiguration: String
  ) {
    self.directory = directory
    self.state = state
    self.configuration = configuration
    self.originalState = originalState
    self.originalConfiguration = originalConfiguration
    (files, bytes, milliseconds, databases, leftOut) = (0, 0, 0, [], [])
  }
}

/// Starts a build on a copy of the state, without its channels, and asks it.
public protocol BuildTrying: Sendable {
  /// Sessions and OpenClaw agents of the gateway that serves; nil: it does not tell.
  func liveCount() async -> (sessions: Int?, agents: Int?)
  /// Prepares the copy, starts the build on it, lets it migrate, asks it, and ends it. When this
  /// returns or throws, no process of the trial is left.
  ///
  /// - Parameters:
  ///   - tenants: for a Doctor that is asked by tenant.
  ///   - limit: for all of it.
  ///   - hasRoom: false ends the trial.
  func observe(
    _ version: String, on copy: TrialCopy, tenants: [String], within limit: Duration,
    hasRoom: @escaping @Sendable () async -> Bool
  ) async throws(PortError) -> TrialObservation
  /// Ends the processes that an interrupted trial left in this directory.
  func endLeftover(in directory: String) async
}

/// What a build did and said on a copy of the state.
public struct TrialObservation: Sendable, Hashable {
  /// Why it failed; nil: it became ready and answered.
  public var fault: String?
  public var readyMilliseconds: Int64?
  public var doctorMilliseconds: Int64?
  public var sessions: Int?
  public var agents: Int?
  /// Nil: it did not become ready.
  public var skills: [LoadedSkill]?
  /// Warnings and errors, with the original's paths; nil: Doctor did not answer.
  public var findings: [DoctorFinding]?
  public var notAsked: [String] = []

  public init() {}
}
