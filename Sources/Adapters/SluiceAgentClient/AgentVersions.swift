import SluiceCore
import Synchronization

/// The versions of Sluice that the agents named in their greetings. All clients of a fleet share one.
public final class AgentVersions: Sendable {
  private let heard = Mutex<[HostName: String]>([:])

  public init() {}

  /// By host; a host that never greeted is missing.
  public var all: [HostName: String] { heard.withLock { $0 } }

  func hear(_ hello: AgentHello) {
    heard.withLock { $0[hello.host] = hello.sluice }
  }
}
