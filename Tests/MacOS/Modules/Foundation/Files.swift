public struct FileAttributeKey: Sendable, Hashable {
  public static let modificationDate = FileAttributeKey()
}
open class FileManager: NSObject {
  open class var `default`: FileManager { fatalError() }
  open class DirectoryEnumerator: NSObject, Sequence, IteratorProtocol {
    public func next() -> Any? { nil }
    public func makeIterator() -> DirectoryEnumerator { self }
    open func skipDescendants() {}
    open func nextObject() -> Any? { nil }
  }
  open func enumerator(atPath path: String) -> DirectoryEnumerator? { nil }
  open func contentsOfDirectory(atPath path: String) throws -> [String] { [] }
  open func attributesOfItem(atPath path: String) throws -> [FileAttributeKey: Any] { [:] }
  open func setAttributes(_ attributes: [FileAttributeKey: Any], ofItemAtPath path: String) throws {
  }
  open func fileExists(atPath path: String) -> Bool { false }
  open func removeItem(atPath path: String) throws {}
  open func createDirectory(atPath p: String, withIntermediateDirectories: Bool) throws {}
  open func copyItem(atPath a: String, toPath b: String) throws {}
  open func createFile(atPath p: String, contents: Data?) -> Bool { false }
  open var temporaryDirectory: URL { fatalError() }
  open var currentDirectoryPath: String { "" }
}
open class Bundle: NSObject, @unchecked Sendable {
  open class var main: Bundle { fatalError() }
  public init(for c: AnyClass) {}
  open var bundleURL: URL { fatalError() }
  open var bundlePath: String { "" }
  open var resourceURL: URL? { nil }
  open func url(forResource n: String?, withExtension e: String?) -> URL? { nil }
  open func path(forResource n: String?, ofType e: String?) -> String? { nil }
}
open class FileHandle: NSObject, @unchecked Sendable {
  open class var standardError: FileHandle { fatalError() }
  open class var standardOutput: FileHandle { fatalError() }
  public convenience init?(forReadingAtPath path: String) { nil }
  public convenience init?(forWritingAtPath path: String) { nil }
  public convenience init?(forUpdatingAtPath path: String) { nil }
  open func write(_ d: Data) {}
  public func write<T: DataProtocol>(contentsOf data: T) throws {}
  public func read(upToCount count: Int) throws -> Data? { nil }
  open func seek(toOffset offset: UInt64) throws {}
  open func close() throws {}
  open func readDataToEndOfFile() -> Data { Data() }
}
