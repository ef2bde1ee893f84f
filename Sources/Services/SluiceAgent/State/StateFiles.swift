import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// Files of the agent's private directory, each a JSON object with a `schema`, replaced whole.
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

  /// Given up when the disk is full: going back must be recordable then, too.
  var reserve: SpaceReserve { SpaceReserve(path: path("reserve"), size: Self.reserveBytes) }

  /// Nil when there is no such file.
  ///
  /// - Throws: `.failed` when it cannot be read: what was known must not be forgotten silently.
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
  /// What an earlier version wrote, as this one writes it.
  static func upgraded(_ value: JSONValue) -> JSONValue
}

extension StateFile {
  static func upgraded(_ value: JSONValue) -> JSONValue { value }
}

extension PortError {
  init(_ error: SystemError, remedy: String? = nil) {
    self.init(
      error.isOutOfSpace ? .outOfSpace : .failed, error.description,
      remedy: error.isOfMachine ? error.remedy : remedy ?? error.remedy)
  }
}

/// `epoch.json`: the highest epoch that a writer has shown.
struct EpochFile: StateFile {
  static let schemaName = "sluice.epoch/1"
  var schema = EpochFile.schemaName
  var epoch: Epoch
}

/// `held.json`: the release that the probe holds the host to, and where it came from.
struct ExpectedFile: StateFile {
  static let schemaName = "sluice.held/1"
  var schema = ExpectedFile.schemaName
  var release: Release
  /// What was checked out before: going there again is going back.
  var previousCommit: String?
  /// What it was held to before: the way back. Nil where it was held to nothing.
  var previous: Release?
  /// RFC 3339.
  var since: String
}

/// `accepted.json`: the Doctor findings taken as good.
struct AcceptedFile: StateFile {
  static let schemaName = "sluice.findings/1"
  var schema = AcceptedFile.schemaName
  var findings: [DoctorFinding]
  var since: String
}

/// `doctor.json`: Doctor's last answer, so that a new agent is not blind until the next.
struct DoctorFile: StateFile {
  static let schemaName = "sluice.doctor/2"
  var schema = DoctorFile.schemaName
  /// By tenant, or of the whole gateway.
  var reports: [String: DoctorReport]
  var moment: Moment
}

/// `operations/<id>.json`: a moving operation. Written before anything moves, and again when it
/// ended.
struct OperationFile: StateFile {
  /// A restart that was begun: whoever takes the operation up again can tell whether it happened.
  struct Restart: Codable, Sendable, Hashable {
    /// Of the process that was to be replaced; nil when none answered.
    var bootID: String?
    var pid: Int32?
    /// When the links had moved: wall clock, milliseconds since 1970.
    var movedAtMilliseconds: Int64
    var by: SwingPolicy.RestartBy
    /// The process had been stopped before the links moved, for another build to be started.
    var isChangeOfBuild: Bool?
    /// How clients reached the process that was to be replaced.
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
  /// Counts up with every operation that the host began; nil as version 0.1 wrote it.
  var number: Int64?

  /// Earlier versions had an operation `acceptFindings`, which named no findings.
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
