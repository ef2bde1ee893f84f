import SluiceCore
import SluicePorts

/// Where a managed HAProxy's files stand: one private directory.
public struct HAProxyFiles: Sendable, Hashable {
  public let directory: String

  /// A unix socket has room for 103 bytes, and HAProxy first binds `adm.sock.<pid>.tmp`.
  private static let directoryLimit = 78

  /// Throws `.refused` when the path cannot stand in a configuration or a runtime command as it is,
  /// or is too long for a socket in it.
  public init(directory: String) throws(PortError) {
    let isPlain = directory.utf8.allSatisfy {
      ($0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z"))
        || ($0 >= UInt8(ascii: "-") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "_")
    }
    guard directory.hasPrefix("/"), isPlain, directory.utf8.count <= Self.directoryLimit else {
      throw PortError(
        .refused, "the balancer's directory cannot be \"\(directory)\"",
        remedy: "Name an absolute path of letters, digits, `.`, `_`, `-` and `/` in sluice.yaml, "
          + "at most \(Self.directoryLimit) bytes.")
    }
    self.directory = directory
  }

  private func path(_ name: String) -> String { "\(directory)/\(name)" }

  public var configuration: String { path("haproxy.cfg") }
  /// The runtime API's socket; only its owner may connect.
  public var administration: String { path("adm.sock") }
  /// Keys draws and pins; only its owner may read it.
  public var secret: String { path("secret") }
  /// `state SHARE:PINEPOCH:GENERATION:CANARYPIN`
  public var stateMap: String { path("state.map") }
  /// Which gateways are taken out.
  public var holdMap: String { path("hold.map") }
  /// Server numbers and cookies to hosts; it never changes while HAProxy runs.
  public var serverMap: String { path("servers.map") }
  public var cohortMap: String { path("cohort.map") }
  /// The tenants that a step pins to the canary.
  public var tenantMap: String { path("tenants.map") }
  /// The highest epoch that was seen.
  public var fence: String { path("fence") }
  /// A process holds this lock while it changes a file of this directory.
  public var lock: String { path("lock") }
  public var record: String { path("process.json") }
  /// There while an operator wants no HAProxy: the keeper starts none.
  public var stopped: String { path("stopped") }
  /// Held by the keeper for as long as it is at work.
  public var keeperLock: String { path("keeper.lock") }
  /// The keeper's last findings and acts.
  public var keeper: String { path("keeper.json") }
  public var keeperLog: String { path("keeper.log") }
  /// All that an HAProxy which gave up root sees of the disk.
  public var empty: String { path("empty") }
  public var log: String { path("haproxy.log") }
  /// The content of the log's ring when HAProxy was stopped.
  public var unread: String { path("unread.log") }
}
