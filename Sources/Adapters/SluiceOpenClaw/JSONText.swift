import SluiceFoundation
import SluiceText

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
  /// A foreign text, as a message may show it: one line of at most 300 code points.
  var shown: String { PrintableText.line(self, limit: 300) }
}
