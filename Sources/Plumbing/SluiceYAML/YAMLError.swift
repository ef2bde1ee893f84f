import SluiceText

/// A place in a file; both count from 1, columns in Unicode scalars.
public struct YAMLPosition: Sendable, Hashable {
  public let line: Int
  public let column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  static let start = YAMLPosition(line: 1, column: 1)
}

/// A refused file: place, reason and remedy.
public struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
  public let file: String
  public let position: YAMLPosition
  /// The fault, one line, safe to print.
  public let message: String
  public let remedy: String

  public init(file: String, position: YAMLPosition, message: String, remedy: String) {
    self.file = PrintableText.escaped(file)
    self.position = position
    self.message = PrintableText.escaped(message)
    self.remedy = PrintableText.escaped(remedy)
  }

  public var description: String {
    "\(file):\(position.line):\(position.column): \(message)\n        \(remedy)"
  }
}
