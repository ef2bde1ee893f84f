import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// The record of the copies of OpenClaw's state on this host. The file is on disk before each step
/// that it announces.
struct StateCopies: Codable, Sendable, Hashable {
  struct Copy: Codable, Sendable, Hashable {
    enum Stage: String, Codable, Sendable {
      /// Intended; what lies in staging is worth nothing.
      case making
      /// Whole, and durable.
      case made
      /// The build that may migrate the state may have started on it since.
      case used
      /// Intended: state and copy are about to change places.
      case puttingBack
      /// The copy is the state now.
      case back
    }

    /// The swing that made it.
    var operation: OperationID
    var path: String
    var stage: Stage
    var bytes: Int64
    /// Of the state when it was copied: whether it has changed since.
    var signature: Digest
    /// Which directory is which, whatever they are called at the moment.
    var copyInode: UInt64?
    var newerInode: UInt64?
    /// Of the copy when it was made: whether it was altered since.
    var copySignature: Digest?
    /// Counts up with every copy of either kind; nil as version 0.1 wrote it.
    var number: Int?
    /// Where the newer state is kept.
    var aside: String?
  }

  /// A copy of the configuration file, wherever that lies.
  struct Configuration: Codable, Sendable, Hashable {
    var operation: OperationID
    /// The file that was copied, links followed.
    var source: String
    var path: String
    var stage: Copy.Stage
    /// Nil: there was no such file.
    var digest: Digest?
    var mode: UInt32
    /// Where the newer one is kept.
    var aside: String?
    var number: Int?
  }

  static let schemaName = "sluice.state-copies/1"
  var schema = StateCopies.schemaName
  /// Oldest first; what one operation made last counts.
  var copies: [Copy] = []
  /// The same of copies of the configuration file; nil before there was one.
  var configurations: [Configuration]?

  func last(of operation: OperationID) -> Copy? { copies.last { $0.operation == operation } }

  func configuration(of operation: OperationID) -> Configuration? {
    configurations?.last { $0.operation == operation }
  }

  /// The number of the next copy.
  var next: Int {
    1
      + ((copies.map(\.number) + (configurations ?? []).map(\.number)).compactMap(\.self).max() ?? 0)
  }

  /// Whose copies were made last.
  var newest: OperationID? {
    let all =
      copies.map { ($0.number ?? 0, $0.operation) }
      + (configurations ?? []).map { ($0.number ?? 0, $0.operation) }
    return all.max { $0.0 < $1.0 }?.1
  }

  mutating func set(_ configuration: Configuration) {
    var all = configurations ?? []
    if let index = all.firstIndex(where: { $0.path == configuration.path }) {
      all[index] = configuration
    } else {
      all.append(configuration)
    }
    configurations = all
  }

  mutating func set(_ copy: Copy) {
    if let index = copies.firstIndex(where: { $0.path == copy.path }) {
      copies[index] = copy
    } else {
      copies.append(copy)
    }
  }

  static func read(_ path: String) throws(PortError) -> StateCopies {
    let bytes = try PortError.translating { () throws(SystemError) in
      try Files.status(of: path) == nil ? nil : try Files.read(path)
    }
    guard let bytes else { return StateCopies() }
    if let copies = try? CanonicalJSON.decode(StateCopies.self, from: bytes),
      copies.schema == schemaName
    {
      return copies
    }
    throw PortError(
      .failed, "\(path) cannot be read, so what became of OpenClaw's state is not known",
      remedy: "Put it back from a backup. The copies themselves lie beside OpenClaw's state.")
  }

  func write(_ path: String) throws(PortError) {
    let bytes: [UInt8]
    do { bytes = try CanonicalJSON.bytes(self) } catch { throw PortError(.failed, "\(error)") }
    try PortError.translating { () throws(SystemError) in
      try Files.replace(path, with: bytes, mode: 0o600)
    }
  }
}
