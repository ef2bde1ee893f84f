import SluiceCore
import SluiceJSON
import SluicePorts

/// The agent's answer, the last message: a result, or an error.
public struct AgentReply: Sendable, Hashable, Codable {
  /// Answers to queries and reports of operations stand under one key: their names differ.
  public enum Content: Sendable, Hashable {
    case answer(HostAnswer)
    case report(HostReport)
  }

  public var protocolVersion: Int
  public var sluice: String
  public var host: HostName
  /// Of the request that this answers; empty and -1 when it could not be read.
  public var id: OperationID
  public var epoch: Epoch
  public var content: Content?
  public var error: PortError?

  public init(
    sluice: String, host: HostName, id: OperationID, epoch: Epoch,
    _ result: Result<Content, PortError>
  ) {
    protocolVersion = AgentProtocol.version
    self.sluice = sluice
    self.host = host
    self.id = id
    self.epoch = epoch
    switch result {
    case .success(let content): self.content = content
    case .failure(let error): self.error = error
    }
  }

  enum CodingKeys: String, CodingKey {
    case protocolVersion = "protocol"
    case sluice, host, id, epoch
    case content = "report"
    case error
  }

  var frame: [UInt8]? { (try? CanonicalJSON.bytes(self)).flatMap(AgentFrame.bytes) }
}

extension AgentReply.Content: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer().decode(JSONValue.self)
    if Self.isReport(value) {
      self = .report(try HostReport(from: decoder))
    } else {
      self = .answer(try HostAnswer(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .answer(let answer): try answer.encode(to: encoder)
    case .report(let report): try report.encode(to: encoder)
    }
  }

  private static func isReport(_ value: JSONValue) -> Bool {
    OnlyMember.name(in: value).flatMap { HostReport.CodingKeys(stringValue: $0) } != nil
  }

  /// A host's text is cut where it is read.
  static func heard(_ value: JSONValue) throws -> Self {
    isReport(value) ? .report(try .heard(value)) : .answer(try .heard(value))
  }
}

extension AgentReply {
  /// The reply as far as it is taken.
  private static func heard(_ payload: [UInt8]) throws -> AgentReply {
    let value = try JSONValue.parse(payload)
    let content = try value["report"].map { try Content.heard($0) }
    var rest = value
    if case .object(var members) = value {
      members["report"] = nil
      rest = .object(members)
    }
    var reply = try CanonicalJSON.decode(AgentReply.self, from: rest)
    reply.content = content
    reply.error = reply.error?.heard
    return reply
  }

  /// The payload's answer to a query.
  static func answer(
    _ payload: [UInt8], to request: AgentRequest, from place: String
  ) throws(PortError) -> HostAnswer {
    guard case .answer(let answer) = try content(payload, to: request, from: place) else {
      throw .unexpected(place, wanted: "the answer to a query")
    }
    return answer
  }

  /// The payload's report of an operation.
  static func report(
    _ payload: [UInt8], to request: AgentRequest, from place: String
  ) throws(PortError) -> HostReport {
    guard case .report(let report) = try content(payload, to: request, from: place) else {
      throw .unexpected(place, wanted: "the report of an operation")
    }
    return report
  }

  /// Whatever is not the reply to this request leaves open what was done.
  private static func content(
    _ payload: [UInt8], to request: AgentRequest, from place: String
  ) throws(PortError) -> Content {
    let reply: AgentReply
    do { reply = try heard(payload) } catch {
      throw PortError(
        .unknown, "\(place) gave an answer that cannot be read (\(brief(error)))",
        remedy:
          "Install the same version of Sluice on both sides:  sluice hosts upgrade \(request.host)")
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
    guard let content = reply.content else {
      throw PortError(.unknown, "\(place) answered without a report")
    }
    return content
  }

  static func brief(_ error: any Error) -> String {
    Speech.text((error as? DecodingError)?.brief ?? "\(error)")
  }
}
