/// A fault of a tenant's fragment: the place, the reason and the remedy. Never a secret.
public struct FragmentFault: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The file's absolute path, or that of a directory.
  public let file: String
  /// Counts from 1.
  public let line: Int
  /// Counts from 1.
  public let column: Int
  /// One line.
  public let message: String
  public let remedy: String

  public init(file: String, line: Int = 1, column: Int = 1, message: String, remedy: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.remedy = remedy
  }

  public var description: String { "\(file):\(line):\(column): \(message)\n        \(remedy)" }

  /// The same on one line.
  public var sentence: String { "\(file):\(line):\(column): \(message). \(remedy)" }
}
