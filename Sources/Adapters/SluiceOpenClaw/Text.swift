import SluiceFoundation

/// JSON of programs that are not ours: unknown keys are no fault.
enum JSONText {
  static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
    try? JSONDecoder().decode(type, from: Data(bytes))
  }

  static func encode(_ value: some Encodable) -> String? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
  }
}

extension StringProtocol {
  /// A foreign text, as a message may show it: one line, bounded, without characters that a
  /// terminal obeys.
  var shown: String {
    let limit = 300
    let line = String(
      String.UnicodeScalarView(
        unicodeScalars.prefix(limit).map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: " "
          default: scalar
          }
        }))
    return unicodeScalars.count > limit ? line + "…" : line
  }
}
