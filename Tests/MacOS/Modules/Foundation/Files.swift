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
open class Thread: NSObject {
  public override init() {}
  public convenience init(block: @escaping @Sendable () -> Void) { fatalError() }
  open func start() {}
  open class func sleep(forTimeInterval: Double) {}
  open class var isMainThread: Bool { false }
  open var stackSize: Int = 0
  open class func detachNewThread(_ b: @escaping @Sendable () -> Void) {}
}
open class FileHandle: NSObject, @unchecked Sendable {
  open class var standardError: FileHandle { fatalError() }
  open class var standardOutput: FileHandle { fatalError() }
  open func write(_ d: Data) {}
  open func readDataToEndOfFile() -> Data { Data() }
}
open class Pipe: NSObject, @unchecked Sendable {
  public override init() {}
  open var fileHandleForReading: FileHandle { fatalError() }
  open var fileHandleForWriting: FileHandle { fatalError() }
}
open class Process: NSObject, @unchecked Sendable {
  public override init() {}
  open var executableURL: URL?
  open var arguments: [String]?
  open var environment: [String: String]?
  open var standardOutput: Any?
  open var standardError: Any?
  open var standardInput: Any?
  open func run() throws {}
  open func waitUntilExit() {}
  open var terminationStatus: Int32 { 0 }
  open func terminate() {}
  open var processIdentifier: Int32 { 0 }
  open var isRunning: Bool { false }
  open var currentDirectoryURL: URL?
}
open class NSLock: NSObject, @unchecked Sendable {
  public override init() {}
  open func lock() {}
  open func unlock() {}
  public func withLock<R>(_ b: () throws -> R) rethrows -> R { try b() }
}
open class JSONSerialization: NSObject {
  public struct ReadingOptions: OptionSet, Sendable {
    public let rawValue: UInt; public init(rawValue: UInt) { self.rawValue = rawValue }
  }
  open class func jsonObject(with d: Data, options: ReadingOptions = []) throws -> Any { 0 }
}
