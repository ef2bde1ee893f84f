/// The system's limits for this process and for its children.
public enum ResourceLimit: Sendable, Hashable {
  /// Descriptors.
  case openFiles
  /// Bytes of one file.
  case fileSize

  #if canImport(Darwin)
    private var number: Int32 {
      switch self {
      case .openFiles: RLIMIT_NOFILE
      case .fileSize: RLIMIT_FSIZE
      }
    }
  #else
    private var number: __rlimit_resource_t {
      switch self {
      case .openFiles: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      case .fileSize: __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
      }
    }
  #endif

  public struct Bounds: Sendable, Hashable {
    /// In force.
    public var soft: UInt64
    /// The soft one may be raised to this.
    public var hard: UInt64

    public init(soft: UInt64, hard: UInt64) {
      self.soft = soft
      self.hard = hard
    }
  }

  /// Nil where the system does not say.
  public var bounds: Bounds? {
    var limit = rlimit()
    guard getrlimit(number, &limit) == 0 else { return nil }
    return Bounds(soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
  }

  /// False where the system refuses.
  public func set(_ bounds: Bounds) -> Bool {
    var limit = rlimit(rlim_cur: rlim_t(bounds.soft), rlim_max: rlim_t(bounds.hard))
    return setrlimit(number, &limit) == 0
  }

  /// Raises the soft bound to the wanted one, as far as the hard one lets it; lowers nothing.
  public func raise(to wanted: UInt64) {
    guard let bounds, bounds.soft < min(wanted, bounds.hard) else { return }
    _ = set(Bounds(soft: min(wanted, bounds.hard), hard: bounds.hard))
  }
}
