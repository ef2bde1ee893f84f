import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// What is known of the copies of OpenClaw's state on this host: a file that is on disk before
/// anything it tells of is done.
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
      /// It is the state now.
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
    /// Where the newer state is kept.
    var aside: String?
  }

  static let schemaName = "sluice.state-copies/1"
  var schema = StateCopies.schemaName
  /// Oldest first; what one operation made last counts.
  var copies: [Copy] = []

  func last(of operation: OperationID) -> Copy? { copies.last { $0.operation == operation } }

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
