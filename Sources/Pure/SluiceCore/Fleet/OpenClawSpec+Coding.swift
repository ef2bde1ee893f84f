import SluiceJSON

// The form in plans and in the ledger, without the values of the environment.

extension OpenClawSpec {
  private enum CodingKeys: String, CodingKey {
    case cli, tokenFile, digest, service, environment, environmentDigest, environmentFile, state
    case dialect, commands, address
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      cli: try values.decode(String.self, forKey: .cli),
      tokenFile: try values.decode(String.self, forKey: .tokenFile),
      digest: try values.decodeIfPresent(String.self, forKey: .digest),
      service: try values.decode(ServiceSpec.self, forKey: .service),
      // Lines of version 0.1 contain the values.
      environment: try values.decodeIfPresent([String: String].self, forKey: .environment) ?? [:],
      state: try values.decodeIfPresent(String.self, forKey: .state),
      dialect: try values.decodeIfPresent(DialectName.self, forKey: .dialect),
      commands: try values.decodeIfPresent([String: [String]].self, forKey: .commands),
      environmentFile: try values.decodeIfPresent(String.self, forKey: .environmentFile),
      address: try values.decodeIfPresent(String.self, forKey: .address))
    if let digest = try values.decodeIfPresent(Digest.self, forKey: .environmentDigest) {
      forget(environmentOf: digest)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(cli, forKey: .cli)
    try values.encode(tokenFile, forKey: .tokenFile)
    try values.encodeIfPresent(digest, forKey: .digest)
    try values.encode(service, forKey: .service)
    try values.encodeIfPresent(environmentDigest, forKey: .environmentDigest)
    try values.encodeIfPresent(environmentFile, forKey: .environmentFile)
    try values.encodeIfPresent(state, forKey: .state)
    try values.encodeIfPresent(dialect, forKey: .dialect)
    try values.encodeIfPresent(commands, forKey: .commands)
    try values.encodeIfPresent(address, forKey: .address)
  }

  /// A spec read from a plan equals the spec that the plan was made from.
  public static func == (left: OpenClawSpec, right: OpenClawSpec) -> Bool {
    left.cli == right.cli && left.tokenFile == right.tokenFile && left.digest == right.digest
      && left.service == right.service && left.environmentDigest == right.environmentDigest
      && left.environmentFile == right.environmentFile && left.state == right.state
      && left.dialect == right.dialect && left.commands == right.commands
      && left.address == right.address
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(cli)
    hasher.combine(tokenFile)
    hasher.combine(service)
    hasher.combine(environmentDigest)
  }

  static func digest(of environment: [String: String]) -> Digest? {
    guard !environment.isEmpty else { return nil }
    return Digest(of: JSONValue.object(environment.mapValues { .string($0) }).canonicalBytes())
  }
}
