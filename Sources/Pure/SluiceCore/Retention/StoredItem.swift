/// Something that Sluice left on a disk and that `sluice gc` may discard: one file, a few files of
/// one name, or one directory.
public struct StoredItem: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// On the writer: the sessions and runs of one promotion.
    case evidence
    /// On the writer: a plan and its approval.
    case plan
    /// On the writer: a controller's log, and its error.
    case controllerLog = "controller_log"
    /// On the writer: an incomplete last line that was cut off the ledger.
    case tornTail = "torn_tail"
    /// On a host: a placed slice.
    case slice
    /// On a host: a damaged slice that a new one replaced.
    case damagedSlice = "damaged_slice"
    /// On a host: an OpenClaw build.
    case build
    /// On a host: a copy of OpenClaw's state or configuration, which a rollback may put back.
    case stateCopy = "state_copy"
    /// On a host: the newer state or configuration that a rollback replaced.
    case newerState = "newer_state"
    /// On a host: what an interrupted trial of a build left.
    case buildTrial = "build_trial"
    /// On a host: the record of an operation.
    case operation
  }

  /// The name of an item, unique on its machine.
  public struct ID: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    public var kind: Kind
    /// The name of the file or directory, without its directory; an operation's id.
    public var name: String

    public init(_ kind: Kind, _ name: String) {
      self.kind = kind
      self.name = name
    }

    public var description: String { "\(kind.rawValue) \(name)" }

    public static func < (left: ID, right: ID) -> Bool {
      (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
    }
  }

  /// The machine that has an item.
  public enum Place: Sendable, Hashable, Comparable, CustomStringConvertible {
    case writer
    case host(HostName)

    public var description: String {
      switch self {
      case .writer: "the writer"
      case .host(let host): host.rawValue
      }
    }
  }

  public var id: ID
  public var bytes: Int64
  /// When the item was made or last written, in milliseconds since 1970.
  public var changedAtMilliseconds: Int64
  /// The swing that made a copy of the state, or the operation of a record; nil: unknown or none.
  public var operation: OperationID?
  /// Why the machine itself needs the item, each reason a sentence without its full stop.
  public var uses: [String]

  public init(
    _ id: ID, bytes: Int64, changedAtMilliseconds: Int64, operation: OperationID? = nil,
    uses: [String] = []
  ) {
    self.id = id
    self.bytes = bytes
    self.changedAtMilliseconds = changedAtMilliseconds
    self.operation = operation
    self.uses = uses
  }
}
