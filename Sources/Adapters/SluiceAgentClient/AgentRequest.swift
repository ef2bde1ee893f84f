import SluiceCore
import SluiceJSON
import SluicePorts

/// The writer's only message: one connection, one query or one operation.
public struct AgentRequest: Sendable, Hashable {
  public enum Matter: Sendable, Hashable {
    case query(HostQuestion)
    case operation(HostOperation)
  }

  /// The same keys as the agent's hello: the asking version and the intended host.
  public var protocolVersion: Int
  public var sluice: String
  public var host: HostName
  /// The id of an operation. A query has neither id nor epoch. Protocol 1 demands both keys of
  /// every request, and the agent repeats them in its reply. So a query carries two values without
  /// effect.
  public var id: OperationID
  public var epoch: Epoch
  /// How long the writer will wait for the answer.
  public var deadlineMilliseconds: Int64
  public var matter: Matter

  public init(
    sluice: String, host: HostName, deadlineMilliseconds: Int64, query: HostQuestion
  ) {
    self.init(
      sluice, host, OperationID(rawValue: "query"), Epoch(0), deadlineMilliseconds, .query(query))
  }

  public init(
    sluice: String, host: HostName, id: OperationID, epoch: Epoch, deadlineMilliseconds: Int64,
    operation: HostOperation
  ) {
    self.init(sluice, host, id, epoch, deadlineMilliseconds, .operation(operation))
  }

  private init(
    _ sluice: String, _ host: HostName, _ id: OperationID, _ epoch: Epoch, _ deadline: Int64,
    _ matter: Matter
  ) {
    protocolVersion = AgentProtocol.version
    self.sluice = sluice
    self.host = host
    self.id = id
    self.epoch = epoch
    deadlineMilliseconds = deadline
    self.matter = matter
  }

  /// The remedy when the agent was asked and did not answer.
  var remedyOfSilence: String {
    switch matter {
    case .query: "A query changes nothing: ask again."
    case .operation: "It may have been done: ask for the outcome of \(id)."
    }
  }

  /// - Throws: `.refused` when it does not fit into a frame.
  func frame() throws(PortError) -> [UInt8] {
    guard let payload = try? CanonicalJSON.bytes(self), let frame = AgentFrame.bytes(payload) else {
      throw PortError(
        .refused, "the request for \(host) has more than \(AgentFrame.limit) bytes",
        remedy: "Its release's lock is too long: how many tenants does it name?")
    }
    return frame
  }
}

extension AgentRequest: Codable {
  enum CodingKeys: String, CodingKey {
    case protocolVersion = "protocol"
    case sluice, host, id, epoch
    case deadlineMilliseconds = "deadline_ms"
    case operation
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    protocolVersion = try values.decode(Int.self, forKey: .protocolVersion)
    sluice = try values.decode(String.self, forKey: .sluice)
    host = try values.decode(HostName.self, forKey: .host)
    id = try values.decode(OperationID.self, forKey: .id)
    epoch = try values.decode(Epoch.self, forKey: .epoch)
    deadlineMilliseconds = try values.decode(Int64.self, forKey: .deadlineMilliseconds)
    let name = try OnlyMember.name(of: .operation, in: values)
    if HostQuestion.CodingKeys(stringValue: name) != nil {
      matter = .query(try values.decode(HostQuestion.self, forKey: .operation))
    } else if HostOperation.CodingKeys(stringValue: name) != nil {
      matter = .operation(try values.decode(HostOperation.self, forKey: .operation))
    } else {
      let shown = Speech.text(name, characters: 60)
      throw DecodingError.dataCorruptedError(
        forKey: .operation, in: values,
        debugDescription: "this version knows no operation \"\(shown)\"")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(protocolVersion, forKey: .protocolVersion)
    try values.encode(sluice, forKey: .sluice)
    try values.encode(host, forKey: .host)
    try values.encode(id, forKey: .id)
    try values.encode(epoch, forKey: .epoch)
    try values.encode(deadlineMilliseconds, forKey: .deadlineMilliseconds)
    switch matter {
    case .query(let question): try values.encode(question, forKey: .operation)
    case .operation(let operation): try values.encode(operation, forKey: .operation)
    }
  }
}

/// An enumeration as the connection carries it: an object whose only member names the case.
enum OnlyMember {
  static func name<Key: CodingKey>(
    of key: Key, in values: KeyedDecodingContainer<Key>
  ) throws -> String {
    guard let name = name(in: try values.decode(JSONValue.self, forKey: key)) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: values, debugDescription: "an object with one member is wanted here")
    }
    return name
  }

  /// Nil where the value is none.
  static func name(in value: JSONValue) -> String? {
    guard case .object(let members) = value, members.count == 1 else { return nil }
    return members.keys.first
  }
}
