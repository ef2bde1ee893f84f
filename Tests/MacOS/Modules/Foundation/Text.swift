extension StringProtocol {
  public func contains<T: StringProtocol>(_ other: T) -> Bool { false }
  public func components<T: StringProtocol>(separatedBy s: T) -> [String] { [] }
  public func range<T: StringProtocol>(of s: T, options: String.CompareOptions = []) -> Range<
    Index
  >? { nil }
  public func replacingOccurrences<A: StringProtocol, B: StringProtocol>(
    of a: A, with b: B, options: String.CompareOptions = [], range: Range<Index>? = nil
  ) -> String { "" }
  public func trimmingCharacters(in set: CharacterSet) -> String { "" }
  public func lowercased(with locale: Locale?) -> String { "" }
  public var capitalized: String { "" }
}
extension String {
  public init(format: String, _ arguments: CVarArg...) { fatalError() }
  public init?<S: Sequence>(bytes: S, encoding: Encoding) where S.Element == UInt8 { nil }
  public struct Encoding: Sendable, Hashable {
    public static let utf8 = Encoding()
    public static let ascii = Encoding()
    public static let isoLatin1 = Encoding()
  }
  public struct CompareOptions: OptionSet, Sendable {
    public let rawValue: UInt; public init(rawValue: UInt) { self.rawValue = rawValue }
    public static let regularExpression = CompareOptions(rawValue: 1024)
    public static let backwards = CompareOptions(rawValue: 4)
    public static let caseInsensitive = CompareOptions(rawValue: 1)
  }
  public init(contentsOf url: URL, encoding: Encoding) throws { fatalError() }
  public init(contentsOfFile path: String, encoding: Encoding) throws { fatalError() }
  public init?(data: Data, encoding: Encoding) { nil }
  public func write(to url: URL, atomically: Bool, encoding: Encoding) throws {}
  public func write(toFile p: String, atomically: Bool, encoding: Encoding) throws {}
  public func data(using: Encoding) -> Data? { nil }
}
