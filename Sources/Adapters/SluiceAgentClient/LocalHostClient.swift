import SluiceCore
import SluicePorts
import SluiceSystem

/// A host whose agent listens on a unix socket of this machine.
public struct LocalHostClient: AgentTransport {
  public let host: HostName
  let socket: String
  let version: String
  let versions: AgentVersions?

  static let connectDeadline = Duration.seconds(5)

  /// - Parameters:
  ///   - socket: the agent's, an absolute path.
  ///   - version: this program's own version of Sluice, sent to the agent.
  ///   - versions: gets the agent's version.
  public init(
    host: HostName, socket: String, version: String, versions: AgentVersions? = nil
  ) {
    self.versions = versions
    self.host = host
    self.socket = socket
    self.version = version
  }

  func reply(
    to request: AgentRequest, _ deadline: Duration
  ) async throws(PortError) -> [UInt8] {
    let limit = CallDeadline(in: deadline)
    let frame = try request.frame()
    let connection = try await connect(limit)
    defer { connection.close() }
    try await greet(connection, limit)
    do throws(SystemError) { try await connection.write(frame, deadline: limit.left) } catch {
      // A request that did not arrive whole is not performed.
      throw PortError(.unreachable, "the agent of \(host) went away before it was asked: \(error)")
    }
    do throws(AgentFrame.Fault) {
      return try await AgentFrame.read(from: connection, until: limit)
    } catch {
      throw PortError(
        .unknown, "the agent of \(host) was asked, but \(Self.text(error))",
        remedy: request.remedyOfSilence)
    }
  }

  var place: String { "the agent at \(socket)" }

  private func connect(_ limit: CallDeadline) async throws(PortError) -> StreamConnection {
    do throws(SystemError) {
      return try await StreamConnection.connect(
        .unix(path: socket), deadline: min(limit.left, Self.connectDeadline))
    } catch {
      throw PortError(
        .unreachable, "\(host) has no agent at \(socket) (\(error))",
        remedy: "Start it there:  sluice agent --host \(host)")
    }
  }

  /// Nothing was asked yet, so nothing can have been done, whatever happens here.
  private func greet(
    _ connection: StreamConnection, _ limit: CallDeadline
  ) async throws(PortError) {
    let payload: [UInt8]
    do throws(AgentFrame.Fault) {
      payload = try await AgentFrame.read(from: connection, until: limit)
    } catch {
      throw PortError(.unreachable, "\(place) of \(host) did not greet: \(Self.text(error))")
    }
    guard let hello = AgentHello.read(payload) else {
      throw PortError(
        .unreachable, "what answers at \(socket) is no agent of Sluice",
        remedy: "Check the socket of \(host) in sluice.yaml.")
    }
    versions?.hear(hello)
    if let refusal = hello.refusal(host: host, sluice: version, at: place) { throw refusal }
  }

  static func text(_ fault: AgentFrame.Fault) -> String {
    switch fault {
    case .ended: "it ended the connection without an answer"
    case .cut: "it ended the connection within its answer"
    case .foreign: "what it answered is no message of Sluice"
    case .system(let error) where error.isTimedOut: "it did not answer in time"
    case .system(let error): "\(error)"
    }
  }
}
