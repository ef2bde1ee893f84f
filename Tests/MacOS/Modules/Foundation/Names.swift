// Names that Foundation has, too: a type of Sluice of the same name, imported beside it, is ambiguous on
// macOS as it is there.
open class BlockOperation: NSObject {}
open class ByteCountFormatter: NSObject {}
open class Cache: NSObject {}
open class DateIntervalFormatter: NSObject {}
open class Dimension: NSObject {}
open class DistributedNotificationCenter: NSObject {}
open class EnergyFormatter: NSObject {}
open class FileWrapper: NSObject {}
open class Formatter: NSObject {}
open class HTTPCookie: NSObject {}
open class HTTPCookieStorage: NSObject {}
open class HTTPURLResponse: NSObject {}
open class Host: NSObject {}
open class InputStream: NSObject {}
open class LengthFormatter: NSObject {}
open class ListFormatter: NSObject {}
open class MachPort: NSObject {}
open class MassFormatter: NSObject {}
open class MeasurementFormatter: NSObject {}
open class MessagePort: NSObject {}
open class NSArray: NSObject {}
open class NSData: NSObject {}
open class NSDate: NSObject {}
open class NSDictionary: NSObject {}
open class NSError: NSObject {}
open class NSNull: NSObject {}
open class NSNumber: NSObject {}
open class NSString: NSObject {}
open class NSURL: NSObject {}
open class NotificationCenter: NSObject {}
open class NotificationQueue: NSObject {}
open class NumberFormatter: NSObject {}
open class Operation: NSObject {}
open class OperationQueue: NSObject {}
open class OutputStream: NSObject {}
open class PersonNameComponentsFormatter: NSObject {}
open class Port: NSObject {}
open class PortMessage: NSObject {}
open class Progress: NSObject {}
open class PropertyListEncoder: NSObject {}
open class RelativeDateTimeFormatter: NSObject {}
open class RunLoop: NSObject {}
open class Scanner: NSObject {}
open class SocketPort: NSObject {}
open class Stream: NSObject {}
open class Timer: NSObject {}
open class URLCache: NSObject {}
open class URLCredential: NSObject {}
open class URLProtocol: NSObject {}
open class URLResponse: NSObject {}
open class URLSession: NSObject {}
open class UndoManager: NSObject {}
open class Unit: NSObject {}
open class UnitAcceleration: NSObject {}
open class UnitAngle: NSObject {}
open class UnitArea: NSObject {}
open class UnitDuration: NSObject {}
open class UnitElectricCharge: NSObject {}
open class UnitEnergy: NSObject {}
open class UnitFrequency: NSObject {}
open class UnitInformationStorage: NSObject {}
open class UnitLength: NSObject {}
open class UnitMass: NSObject {}
open class UnitPower: NSObject {}
open class UnitPressure: NSObject {}
open class UnitSpeed: NSObject {}
open class UnitTemperature: NSObject {}
open class UnitVolume: NSObject {}
open class UserDefaults: NSObject {}
open class XMLDocument: NSObject {}
open class XMLElement: NSObject {}
open class XMLNode: NSObject {}
open class XMLParser: NSObject {}
public struct AffineTransform: Sendable, Hashable {
  public init() {}
}
public struct AnySortComparator: Sendable, Hashable {
  public init() {}
}
public struct AttributeContainer: Sendable, Hashable {
  public init() {}
}
public struct AttributedString: Sendable, Hashable {
  public init() {}
}
public struct CGFloat: Sendable, Hashable {
  public init() {}
}
public struct CGPoint: Sendable, Hashable {
  public init() {}
}
public struct CGRect: Sendable, Hashable {
  public init() {}
}
public struct CGSize: Sendable, Hashable {
  public init() {}
}
public struct CocoaError: Sendable, Hashable {
  public init() {}
}
public struct DateComponents: Sendable, Hashable {
  public init() {}
}
public struct DateInterval: Sendable, Hashable {
  public init() {}
}
public struct Decimal: Sendable, Hashable {
  public init() {}
}
public struct Expression: Sendable, Hashable {
  public init() {}
}
public struct ExtensionContainer: Sendable, Hashable {
  public init() {}
}
public struct IndexPath: Sendable, Hashable {
  public init() {}
}
public struct IndexSet: Sendable, Hashable {
  public init() {}
}
public struct InflectionRule: Sendable, Hashable {
  public init() {}
}
public struct KeyPathComparator: Sendable, Hashable {
  public init() {}
}
public struct MachError: Sendable, Hashable {
  public init() {}
}
public struct Measurement<U>: Sendable {
  public init() {}
}
public struct Morphology: Sendable, Hashable {
  public init() {}
}
public struct Notification: Sendable, Hashable {
  public init() {}
}
public struct POSIXError: Sendable, Hashable {
  public init() {}
}
public struct PersonNameComponents: Sendable, Hashable {
  public init() {}
}
public struct Predicate: Sendable, Hashable {
  public init() {}
}
public struct SortDescriptor: Sendable, Hashable {
  public init() {}
}
public struct TermOfAddress: Sendable, Hashable {
  public init() {}
}
public struct URLComponents: Sendable, Hashable {
  public init() {}
}
public struct URLError: Sendable, Hashable {
  public init() {}
}
public struct URLQueryItem: Sendable, Hashable {
  public init() {}
}
public struct URLRequest: Sendable, Hashable {
  public init() {}
}
open class JSONSerialization: NSObject {}
open class NSLock: NSObject {}
open class Pipe: NSObject {}
open class Process: NSObject {}
