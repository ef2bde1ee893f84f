/// A value of the file, before a reader has asked for its type.
public struct YAMLNode: Sendable {
  public indirect enum Content: Sendable {
    /// Plain is unquoted: only a plain scalar can be a number or `true`.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  public let position: YAMLPosition
  public let content: Content

  public init(position: YAMLPosition, content: Content) {
    self.position = position
    self.content = content
  }

  /// For messages: what the file has here.
  var kind: String {
    switch content {
    case .scalar: "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// One `key: value`; keys are unique in their mapping.
public struct YAMLEntry: Sendable {
  public let key: String
  public let keyPosition: YAMLPosition
  public let value: YAMLNode

  public init(key: String, keyPosition: YAMLPosition, value: YAMLNode) {
    self.key = key
    self.keyPosition = keyPosition
    self.value = value
  }
}
