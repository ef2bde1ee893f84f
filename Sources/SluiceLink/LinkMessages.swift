import SluiceCore
import SluiceJSON
import SluicePorts

/// The protocol between a writer and a host's agent, `sluice.node`. The keys `protocol`, `sluice`
/// and `host` of every message never change: they are how two versions tell each other apart.
public enum LinkProtocol {
  public static let version = 1
}

/// The agent's first message on every connection.
public struct LinkHello: Sendable, Hashable, Codable {
  public var protocolVersion: Int
  /// The agent's version of Sluice.
  public var sluice: String
  public var host: HostName

  public init(sluice: String, host: HostName, protocolVersion: Int = LinkProtocol.version) {
    self.protocolVersion = protocolVersion
    self.sluice = sluice
    self.host = host
  }

  enum CodingKeys: String, CodingKey {
    case protocolVersion = "protocol"
    case sluice, host
  }
}

/// The writer's only message: one connection, one operation.
public struct LinkRequest: Sendable, Hashable, Codable {
  /// The same keys as the agent's hello: who asks, and which host is meant.
  public var protocolVersion: Int
  public var sluice: String
  public var host: HostName
  public var id: OperationID
  public var epoch: Epoch
  /// How long the writer will wait for the answer.
  public var deadlineMilliseconds: Int64
  public var operation: NodeOperation

  public init(
    sluice: String, host: HostName, id: OperationID, epoch: Epoch, deadlineMilliseconds: Int64,
    operation: NodeOperation
  ) {
    protocolVersion = LinkProtocol.version
    self.sluice = sluice
    self.host = host
    self.id = id
    self.epoch = epoch
    self.deadlineMilliseconds = deadlineMilliseconds
    self.operation = operation
  }

  enum CodingKeys: String, CodingKey {
    case protocolVersion = "protocol"
    case sluice, host, id, epoch
    case deadlineMilliseconds = "deadline_ms"
    case operation
  }
}

/// The agent's answer, the last message: either a report or an error.
public struct LinkReply: Sendable, Hashable, Codable {
  public var protocolVersion: Int
  public var sluice: String
  public var host: HostName
  /// Of the request that this answers; empty and -1 when it could not be read.
  public var id: OperationID
  public var epoch: Epoch
  public var report: NodeReport?
  public var error: PortError?

  public init(
    sluice: String, host: HostName, id: OperationID, epoch: Epoch,
    _ result: Result<NodeReport, PortError>
  ) {
    protocolVersion = LinkProtocol.version
    self.sluice = sluice
    self.host = host
    self.id = id
    self.epoch = epoch
    switch result {
    case .success(let report): self.report = report
    case .failure(let error): self.error = error
    }
  }

  enum CodingKeys: String, CodingKey {
    case protocolVersion = "protocol"
    case sluice, host, id, epoch, report, error
  }
}

extension LinkHello {
  /// Why the writer and this agent cannot work together, or nil.
  func refusal(host expected: HostName, sluice own: String, at place: String) -> PortError? {
    guard protocolVersion == LinkProtocol.version else {
      return PortError(
        .refused,
        "\(place) is Sluice \(sluice) and speaks protocol \(protocolVersion), this is Sluice "
          + "\(own) and speaks \(LinkProtocol.version)",
        remedy: "Install the same version of Sluice on \(expected) and here.")
    }
    guard host == expected else {
      return PortError(
        .refused, "\(place) is the agent of \(host), not of \(expected)",
        remedy: "Check the host's socket and ssh destination in sluice.yaml.")
    }
    return nil
  }

  static func read(_ payload: [UInt8]) -> LinkHello? {
    var hello = try? CanonicalJSON.decode(LinkHello.self, from: payload)
    if let version = hello?.sluice { hello?.sluice = Speech.text(version, characters: 60) }
    return hello
  }
}

extension LinkRequest {
  /// - Throws: `.refused` when it does not fit into a frame.
  func frame() throws(PortError) -> [UInt8] {
    guard let payload = try? CanonicalJSON.bytes(self), let frame = LinkFrame.bytes(payload) else {
      throw PortError(
        .refused, "the request for \(host) has more than \(LinkFrame.limit) bytes",
        remedy: "Its release's lock is too long: how many tenants does it name?")
    }
    return frame
  }
}

extension LinkReply {
  var frame: [UInt8]? { (try? CanonicalJSON.bytes(self)).flatMap(LinkFrame.bytes) }

  /// The answer as far as it is taken: what a host says is cut where it is read.
  private static func heard(_ payload: [UInt8]) throws -> LinkReply {
    let value = try JSONValue.parse(payload)
    let report = try value["report"].map { try NodeReport.heard($0) }
    var rest = value
    if case .object(var members) = value {
      members["report"] = nil
      rest = .object(members)
    }
    var reply = try CanonicalJSON.decode(LinkReply.self, from: rest)
    reply.report = report
    reply.error = reply.error?.heard
    return reply
  }

  /// What the payload answers to the request. Whatever is not the answer leaves open what was done.
  static func result(
    _ payload: [UInt8], to request: LinkRequest, from place: String
  ) throws(PortError) -> NodeReport {
    let reply: LinkReply
    do { reply = try heard(payload) } catch {
      throw PortError(
        .unknown, "\(place) gave an answer that cannot be read (\(brief(error)))",
        remedy: "Install the same version of Sluice on both sides.")
    }
    // A request that the agent could not read was not done either.
    if let error = reply.error, reply.id.rawValue.isEmpty { throw error }
    guard reply.id == request.id, reply.epoch == request.epoch, reply.host == request.host else {
      throw PortError(
        .unknown,
        Speech.text(
          "\(place) answered operation \(reply.id) of \(reply.host) instead of \(request.id)"))
    }
    if let error = reply.error { throw error }
    guard let report = reply.report else {
      throw PortError(.unknown, "\(place) answered without a report")
    }
    return report
  }

  static func brief(_ error: any Error) -> String {
    Speech.text((error as? DecodingError)?.brief ?? "\(error)")
  }
}
