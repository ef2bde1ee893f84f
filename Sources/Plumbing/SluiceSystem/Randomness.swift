/// Unpredictable random numbers, from the operating system.
public enum Randomness {
  /// So many random bytes.
  public static func bytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// So many random bytes, written as twice as many lower-case hexadecimal digits.
  public static func hexadecimal(bytes count: Int) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes(count).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
