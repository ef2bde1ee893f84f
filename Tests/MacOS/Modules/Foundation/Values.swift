extension Data {
  public init(contentsOf url: URL) throws {}
  public func write(to url: URL) throws {}
}
public struct URL: Sendable, Hashable, Codable {
  public init?(string: String) {}
  public init(fileURLWithPath: String) {}
  public init(filePath: String) {}
  public var path: String { "" }
  public func path(percentEncoded: Bool = true) -> String { "" }
  public func deletingLastPathComponent() -> URL { self }
  public func appending<S: StringProtocol>(path: S) -> URL { self }
  public func appending<S: StringProtocol>(component: S) -> URL { self }
  public func appendingPathComponent(_ p: String) -> URL { self }
  public var lastPathComponent: String { "" }
  public func resolvingSymlinksInPath() -> URL { self }
  public var pathExtension: String { "" }
  public func deletingPathExtension() -> URL { self }
  public var standardizedFileURL: URL { self }
}
public struct Date: Sendable, Hashable, Comparable, Codable {
  public init() {}
  public init(timeIntervalSince1970: Double) {}
  public init(timeIntervalSinceNow: Double) {}
  public var timeIntervalSince1970: Double { 0 }
  public var timeIntervalSinceNow: Double { 0 }
  public static func < (a: Date, b: Date) -> Bool { false }
  public func addingTimeInterval(_ t: Double) -> Date { self }
  public func timeIntervalSince(_ d: Date) -> Double { 0 }
}
public struct CharacterSet: Sendable, Hashable {
  public static let whitespaces = CharacterSet()
  public static let whitespacesAndNewlines = CharacterSet()
  public static let newlines = CharacterSet()
}
public struct UUID: Sendable, Hashable {
  public init() {}
  public var uuidString: String { "" }
}
public struct TimeZone: Sendable, Hashable {
  public init?(identifier: String) {}
  public static var gmt: TimeZone { fatalError() }
}
public struct Locale: Sendable, Hashable {
  public init(identifier: String) {}
}
public struct Calendar: Sendable, Hashable {
  public static var current: Calendar { fatalError() }
}
