import SluiceText

/// The file's text, to find places in it.
struct SourceText {
  let file: String
  /// libyaml's marks count scalars; invalid bytes count as one each, and stop it anyway.
  let scalars: [Unicode.Scalar]
  private let bytes: [UInt8]
  /// Known once: at the end of a file libyaml closes everything that is open, each at this place.
  let end: YAMLPosition

  init(_ bytes: [UInt8], file: String) {
    self.file = file
    self.bytes = bytes
    self.scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    end = Self.position(ofByte: bytes.count, in: bytes)
  }

  /// The scalar at a mark's index, nil at the end.
  func scalar(at index: Int) -> Unicode.Scalar? {
    scalars.indices.contains(index) ? scalars[index] : nil
  }

  /// The position of the byte at `offset`, given that all bytes before it are valid UTF-8.
  func position(ofByte offset: Int) -> YAMLPosition {
    Self.position(ofByte: offset, in: bytes)
  }

  private static func position(ofByte offset: Int, in bytes: [UInt8]) -> YAMLPosition {
    var line = 1
    var column = 1
    for index in 0..<min(offset, bytes.count) {
      let byte = bytes[index]
      let followsReturn = index > 0 && bytes[index - 1] == 0x0d
      if byte == 0x0a && followsReturn { continue }
      if byte == 0x0a || byte == 0x0d {
        line += 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    return YAMLPosition(line: line, column: column)
  }

  /// The first byte order mark, wherever it hides.
  func firstByteOrderMark() -> YAMLPosition? {
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) { return .start }
    var from = 0
    while let index = bytes[from...].firstIndex(of: 0xef) {
      if bytes[index...].starts(with: [0xef, 0xbb, 0xbf]) { return position(ofByte: index) }
      from = index + 1
    }
    return nil
  }

  func error(_ position: YAMLPosition, _ message: String, _ remedy: String) -> YAMLError {
    YAMLError(file: file, position: position, message: message, remedy: remedy)
  }
}
