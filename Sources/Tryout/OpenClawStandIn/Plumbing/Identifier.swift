import SluiceCrypto
import SluiceSystem

/// Texts that look like UUIDs, as the real gateway hands them out.
enum Identifier {
  /// A new one, version 4.
  static func random() -> String { shaped(Randomness.hexadecimal(bytes: 16)) }

  /// Always the same one for the same text.
  static func derived(from text: String) -> String { shaped(SHA256Digest.hex(Array(text.utf8))) }

  private static func shaped(_ digits: String) -> String {
    var digits = Array(digits.utf8.prefix(32))
    digits[12] = UInt8(ascii: "4")
    digits[16] = UInt8(ascii: "a")
    var text: [UInt8] = []
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
      text.append(digit)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
