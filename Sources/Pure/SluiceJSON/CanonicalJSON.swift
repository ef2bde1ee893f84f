/// Codable values as canonical JSON: equal values give equal bytes.
public enum CanonicalJSON {
  /// Throws `EncodingError` for a value that contains a fraction.
  public static func encode<T: Encodable>(_ value: T) throws -> JSONValue {
    if let value = value as? JSONValue { return value }
    let encoder = ValueEncoder(codingPath: [])
    try value.encode(to: encoder)
    return encoder.slot.value
  }

  public static func bytes<T: Encodable>(_ value: T) throws -> [UInt8] {
    try encode(value).canonicalBytes()
  }

  public static func decode<T: Decodable>(_ type: T.Type, from value: JSONValue) throws -> T {
    try T(from: ValueDecoder(value: value, codingPath: []))
  }

  /// Throws `JSONError` for bytes that are not JSON, and `DecodingError` for JSON of another form.
  public static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
    try decode(type, from: try JSONValue.parse(bytes))
  }
}

extension DecodingError {
  /// The place and the fault in one line, for people.
  public var brief: String {
    let (context, what): (DecodingError.Context, String) =
      switch self {
      case .keyNotFound(let key, let context): (context, "\"\(key.stringValue)\" is missing")
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        (context, context.debugDescription)
      @unknown default: (.init(codingPath: [], debugDescription: ""), "it has another form")
      }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return path.isEmpty ? what : "\(path): \(what)"
  }
}
