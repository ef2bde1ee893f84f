import CSluiceSystem

/// A call of the operating system that failed.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The name of the call, as in its manual page.
  public let call: String
  /// The error number.
  public let code: Int32
  /// The path of the call.
  public let path: String?
  /// Where Sluice itself refuses what the system would allow: why, and what to do about it.
  let refusal: Refusal?

  struct Refusal: Sendable, Hashable {
    let message: String
    let remedy: String
  }

  public init(_ call: String, code: Int32, path: String? = nil) {
    self.call = call
    self.code = code
    self.path = path
    refusal = nil
  }

  init(refusing path: String, because message: String, remedy: String) {
    call = "use"
    code = EPERM
    self.path = path
    refusal = Refusal(message: message, remedy: remedy)
  }

  /// The calling thread's last error.
  static func last(_ call: String, _ path: String? = nil) -> SystemError {
    SystemError(call, code: errno, path: path)
  }

  public var isMissing: Bool { code == ENOENT }
  public var isPresent: Bool { code == EEXIST }
  /// The file system has no such call.
  /// Darwin has two numbers for "not supported", and a file system answers with either.
  public var isUnsupported: Bool { [EINVAL, ENOTSUP, EOPNOTSUPP, ENOSYS].contains(code) }
  /// The disk has no room for the write. A file beyond a reader's limit is another error, though
  /// the system has one number for both.
  public var isOutOfSpace: Bool {
    code == ENOSPC || code == EDQUOT || code == EFBIG && call != "read"
  }

  /// `Files.readPlain` met a file with more than one name.
  public var meansSecondName: Bool { code == EMLINK && call == "read" }
  /// A reader met a file beyond its limit.
  public var meansTooLarge: Bool { code == EFBIG && call == "read" }

  /// `open /x/y: No such file or directory`.
  public var description: String {
    if let refusal { return [path, refusal.message].compactMap(\.self).joined(separator: " ") }
    var text = [CChar](repeating: 0, count: 128)
    sluice_error_text(code, &text, text.count)
    let message = String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return [call, path].compactMap(\.self).joined(separator: " ") + ": " + message
  }
}
