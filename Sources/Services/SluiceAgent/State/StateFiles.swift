import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// Files of the agent's private directory, each a JSON object with a `schema`, replaced as a whole.
struct StateFiles: Sendable {
  let directory: String

  private static let reserveBytes = 256 << 10
  private static let sizeLimit = 32 << 20

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  func prepare() throws(PortError) {
    do throws(SystemError) {
      try Files.makePrivateDirectory(directory)
      try Files.makePrivateDirectory(path("operations"))
    } catch { throw PortError(error, remedy: "Make it, and give it to the agent's user.") }
    reserve.keep()
  }

  /// Released on a full disk, so that a rollback can be recorded then too.
  var reserve: SpaceReserve { SpaceReserve(path: path("reserve"), size: Self.reserveBytes) }

  /// Nil without such a file.
  ///
  /// - Throws: `.failed` if the file cannot be read, because its content must not be forgotten
  ///   silently.
  func read<Value: StateFile>(_ type: Value.Type, _ name: String) throws(PortError) -> Value? {
    let bytes: [UInt8]
    do throws(SystemError) {
      guard try Files.status(of: path(name)) != nil else { return nil }
      bytes = try Files.read(path(name), limit: Self.sizeLimit)
    } catch { throw PortError(error) }
    do {
      let value = try CanonicalJSON.decode(type, from: type.upgraded(try JSONValue.parse(bytes)))
      if value.schema == Value.schemaName { return value }
      throw PortError(.failed, "its schema is \(value.schema), not \(Value.schemaName)")
    } catch {
      let what = (error as? DecodingError)?.brief ?? "\(error)"
      throw PortError(
        .failed, "\(path(name)) cannot be read: \(what)",
        remedy:
          "Put it back from a copy, or move it away and plan anew. It was not written by this "
          + "version of Sluice, or was altered.")
    }
  }

  func write(_ value: some StateFile, _ name: String, durable: Bool = true) throws(PortError) {
    let bytes: [UInt8]
    do { bytes = try CanonicalJSON.bytes(value) } catch { throw PortError(.failed, "\(error)") }
    do throws(SystemError) {
      try reserve.spend { () throws(SystemError) in
        try Files.replace(path(name), with: bytes, mode: 0o600, durable: durable)
      }
    } catch { throw PortError(error) }
  }
}

protocol StateFile: Codable, Sendable {
  static var schemaName: String { get }
  var schema: String { get }
  /// An earlier version's content in the present form.
  static func upgraded(_ value: JSONValue) -> JSONValue
}

extension StateFile {
  static func upgraded(_ value: JSONValue) -> JSONValue { value }
}

/// `epoch.json`: the highest epoch that the host has seen.
struct EpochFile: StateFile {
  static let schemaName = "sluice.epoch/1"
  var schema = EpochFile.schemaName
  var epoch: Epoch
}

/// `held.json`: the release that the probe expects on the host, and the one before.
struct ExpectedFile: StateFile {
  static let schemaName = "sluice.held/1"
  var schema = ExpectedFile.schemaName
  var release: Release
  /// The commit checked out before. A swing to it is a rollback.
  var previousCommit: String?
  /// The release expected before, to which a rollback returns. Nil: none.
  var previous: Release?
  /// RFC 3339.
  var since: String
}

/// `accepted.json`: the accepted Doctor findings.
struct AcceptedFile: StateFile {
  static let schemaName = "sluice.findings/1"
  var schema = AcceptedFile.schemaName
  var findings: [DoctorFinding]
  var since: String
}

/// `doctor.json`: Doctor's last answer, so that a new agent has findings before its first run.
struct DoctorFile: StateFile {
  static let schemaName = "sluice.doctor/2"
  var schema = DoctorFile.schemaName
  /// By tenant, or for the whole gateway.
  var reports: [String: DoctorReport]
  var moment: Moment
}

/// `dead-man.json`: the way back that the agent goes without its writer.
struct DeadManFile: StateFile, Hashable {
  struct Armed: Codable, Sendable, Hashable {
    var order: DeadMan
    var by: OperationID
    /// A higher epoch than this one takes the order back.
    var epoch: Epoch
    /// The skills' version that the writer's swing goes to.
    var from: String
    /// The number of motions that the agent made by itself and that failed.
    var failures = 0

    /// The agent's next own motion.
    var motion: OperationID { by.deadMan(attempt: failures + 1) }
  }

  static let schemaName = "sluice.dead-man/1"
  var schema = DeadManFile.schemaName
  /// Nil: the agent does nothing by itself.
  var armed: Armed?
  /// What the agent did by itself, until a swing of a writer has succeeded.
  var last: DeadManReport?
}

/// `operations/<id>.json`: an operation record, written before anything moves and again at the end.
struct OperationFile: StateFile {
  /// A restart that has begun. An agent that resumes the operation can see whether the restart
  /// happened.
  struct Restart: Codable, Sendable, Hashable {
    /// The boot id of the process to be replaced; nil if none answered.
    var bootID: String?
    var pid: Int32?
    /// When the links had moved: wall clock, milliseconds since 1970.
    var movedAtMilliseconds: Int64
    var by: SwingPolicy.RestartBy
    /// Whether the process was stopped before the links moved, in order to start another build.
    var isChangeOfBuild: Bool?
    /// The way by which clients reached the process to be replaced.
    var way: SessionWay?
  }

  static let schemaName = "sluice.operation/1"
  var schema = OperationFile.schemaName
  var id: OperationID
  var epoch: Epoch
  var operation: HostOperation
  var state: OperationRecord.State
  var restart: Restart?
  var report: HostReport?
  var error: PortError?
  var began: String
  var ended: String?
  /// Rises with every operation that the host begins; nil in records of version 0.1.
  var number: Int64?

  /// Earlier versions had an operation `acceptFindings` without findings.
  static func upgraded(_ value: JSONValue) -> JSONValue {
    guard value["operation"]?["acceptFindings"] != nil, case .object(var members) = value else {
      return value
    }
    members["operation"] = ["accept": []]
    return .object(members)
  }

  var record: OperationRecord {
    OperationRecord(
      id: id, epoch: epoch, state: state, report: report, failure: error?.description)
  }
}
