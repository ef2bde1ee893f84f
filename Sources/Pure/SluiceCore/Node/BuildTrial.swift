/// What a host is asked to try: an OpenClaw build on a copy of its state.
public struct TrialRequest: Sendable, Hashable, Codable {
  /// The build as the release's lock has it. A build that differs on the host's disk is not tried.
  public var build: ReleaseLock.OpenClaw
  /// The limit for the whole trial, in milliseconds.
  public var limitMilliseconds: Int64

  public init(build: ReleaseLock.OpenClaw, limitMilliseconds: Int64) {
    self.build = build
    self.limitMilliseconds = limitMilliseconds
  }
}

/// What a state holds, as far as a trial counts it.
public struct TrialCount: Sendable, Hashable, Codable {
  /// Files below the state directory, without the working files of databases.
  public var files: Int
  /// Nil: the gateway does not tell.
  public var sessions: Int?
  /// OpenClaw's own agents; nil: the gateway does not tell.
  public var agents: Int?

  public init(files: Int, sessions: Int? = nil, agents: Int? = nil) {
    self.files = files
    self.sessions = sessions
    self.agents = agents
  }

  /// What is missing afterwards, as sentences without their full stop. A migration may move files,
  /// so files are not among these.
  public func losses(after: TrialCount) -> [String] {
    [("sessions", sessions, after.sessions), ("agents", agents, after.agents)]
      .compactMap { name, before, after in
        guard let before, let after, after < before else { return nil }
        return "the state had \(before) \(name), and \(after) are left after the migration"
      }
  }
}

/// How a build did on a copy of the state. The copy is gone when a host sends this.
public struct TrialReport: Sendable, Hashable, Codable {
  public var version: String
  /// Of everything that the gateway can load; nil: it was not read.
  public var daemon: Digest?
  /// Why the build failed, in its own words where it has some; nil: it passed.
  public var fault: String?
  /// Remarks for a person that fail nothing.
  public var remarks: [String]
  /// What the trial left out, and why.
  public var notAsked: [String]
  public var before: TrialCount
  /// Nil: the build never became ready.
  public var after: TrialCount?
  /// The size of the copy.
  public var bytes: Int64
  /// By how much the copy grew; negative: it shrank.
  public var grownBytes: Int64
  public var copyMilliseconds: Int64
  /// From the start of the process until it was ready, migration included; nil: it never was.
  public var readyMilliseconds: Int64?
  /// Nil: Doctor did not answer.
  public var doctorMilliseconds: Int64?
  public var totalMilliseconds: Int64

  public init(
    version: String, daemon: Digest?, fault: String?, remarks: [String], notAsked: [String],
    before: TrialCount, after: TrialCount?, bytes: Int64, grownBytes: Int64,
    copyMilliseconds: Int64, readyMilliseconds: Int64?, doctorMilliseconds: Int64?,
    totalMilliseconds: Int64
  ) {
    self.version = version
    self.daemon = daemon
    self.fault = fault
    self.remarks = remarks
    self.notAsked = notAsked
    self.before = before
    self.after = after
    self.bytes = bytes
    self.grownBytes = grownBytes
    self.copyMilliseconds = copyMilliseconds
    self.readyMilliseconds = readyMilliseconds
    self.doctorMilliseconds = doctorMilliseconds
    self.totalMilliseconds = totalMilliseconds
  }

  public var isPassed: Bool { fault == nil }
}

/// A trial in a plan.
public struct TrialRecord: Sendable, Hashable, Codable {
  public var host: HostName
  public var operation: OperationID
  public var report: TrialReport

  public init(host: HostName, operation: OperationID, report: TrialReport) {
    self.host = host
    self.operation = operation
    self.report = report
  }
}

/// How a fleet tries builds. Without this a person asks for a trial.
public struct TrialPolicy: Sendable, Hashable, Codable {
  /// Whether a promotion to another build needs a trial that the build passed.
  public var isRequired: Bool
  /// The limit for one trial, in milliseconds.
  public var limitMilliseconds: Int64

  /// A copy of a large state, a slow start and Doctor.
  public static let usualLimit: Int64 = 600_000

  public init(isRequired: Bool, limitMilliseconds: Int64 = TrialPolicy.usualLimit) {
    self.isRequired = isRequired
    self.limitMilliseconds = limitMilliseconds
  }
}

/// The disk space of a trial.
public enum TrialRoom {
  /// The free bytes below which a running trial ends: other programs write to that disk, too.
  public static let floor: Int64 = 128 << 20

  /// The free bytes that a trial needs: the copy, as much again for its migration, and the floor.
  public static func neededBytes(state bytes: Int64) -> Int64 {
    bytes.multipliedClamped(by: 2).addingClamped(floor)
  }
}
