open class ProcessInfo: NSObject, @unchecked Sendable {
  open class var processInfo: ProcessInfo { fatalError() }
  open var environment: [String: String] { [:] }
  open var processIdentifier: Int32 { 0 }
  open var activeProcessorCount: Int { 0 }
  open var processorCount: Int { 0 }
  open var physicalMemory: UInt64 { 0 }
  open var arguments: [String] { [] }
  open var hostName: String { "" }
}
open class NSObject: Equatable, Hashable {
  public init() {}
  public static func == (a: NSObject, b: NSObject) -> Bool { true }
  public func hash(into h: inout Hasher) {}
}
public protocol NSObjectProtocol: AnyObject {}
extension NSObject: NSObjectProtocol {}
public typealias TimeInterval = Double
public protocol LocalizedError: Error {
  var errorDescription: String? { get }
}
public protocol CustomNSError: Error {}
open class Thread: NSObject {
  public override init() {}
  public convenience init(block: @escaping @Sendable () -> Void) { fatalError() }
  open func start() {}
  open class func sleep(forTimeInterval: Double) {}
  open class var isMainThread: Bool { false }
  open var stackSize: Int = 0
  open class func detachNewThread(_ b: @escaping @Sendable () -> Void) {}
}
