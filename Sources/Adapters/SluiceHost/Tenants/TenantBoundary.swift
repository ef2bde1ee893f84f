import SluiceYAML

/// The slices that a tenant may use: the slice boundary that its fragments declare, and nothing
/// else.
public struct TenantBoundary: Sendable, Hashable {
  /// Which link a tenant uses.
  public enum Slice: String, Sendable, Hashable, CaseIterable { case current, next }

  /// Allowed tool namespaces.
  public var tools: [String] = []
  /// Allowed model profiles.
  public var models: [String] = []
  /// Bytes; nil when no fragment sets a quota.
  public var diskQuota: Int64?
  public var slice: Slice = .current

  public init() {}

  /// Takes over what a later fragment says: lists grow, single values are replaced.
  mutating func merge(_ fragment: TenantFragment) {
    tools += fragment.tools.filter { !tools.contains($0) }
    models += fragment.models.filter { !models.contains($0) }
    diskQuota = fragment.diskQuota ?? diskQuota
    slice = fragment.slice ?? slice
  }
}

/// One fragment file.
struct TenantFragment {
  var tools: [String]
  var models: [String]
  var diskQuota: Int64?
  var slice: TenantBoundary.Slice?

  /// - Parameter file: the name for messages.
  static func read(_ bytes: [UInt8], file: String) throws(YAMLError) -> TenantFragment {
    let root = try YAMLMapping.root(of: try YAMLReader.read(bytes, file: file), file: file)
    let fragment = TenantFragment(
      tools: try names(root.optional("tools")), models: try names(root.optional("models")),
      diskQuota: try quota(root.optional("quota")),
      slice: try root.optional("slice")?.enumeration())
    try root.finish()
    return fragment
  }

  private static func names(_ value: YAMLValue?) throws(YAMLError) -> [String] {
    var names: [String] = []
    for item in try value?.list() ?? [] {
      let name = try item.string()
      guard !leavesDirectory(name) else {
        throw item.error(
          "\(item.name) is a path that leaves the tenant's directory",
          "Name a tool namespace or a model profile here; a fragment names no files.")
      }
      let isPlain = name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      guard isPlain, (1...128).contains(name.utf8.count) else {
        throw item.error(
          "\(item.name) is no name", "Write at most 128 visible ASCII characters, no spaces.")
      }
      guard !names.contains(name) else {
        throw item.error("\(item.name) repeats \(name)", "Remove one of the two.")
      }
      names.append(name)
    }
    return names
  }

  private static func quota(_ value: YAMLValue?) throws(YAMLError) -> Int64? {
    guard let mapping = try value?.mapping() else { return nil }
    let disk = try mapping.required("disk")
    try mapping.finish()
    guard let bytes = ByteCount.bytes(try disk.string()) else {
      throw disk.error(
        "quota.disk is no size", "Write a whole number with its unit: 500MB, 10GB, 10GiB.")
    }
    return bytes
  }

  private static func leavesDirectory(_ text: String) -> Bool {
    text.hasPrefix("/") || text.hasPrefix("~")
      || text.pathParts.contains("..")
  }
}

/// Sizes as people write them.
enum ByteCount {
  private static let units: [(name: String, bytes: Int64)] = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
  ]

  /// Nil unless the text is a whole number above 0 with one of the units.
  static func bytes(_ text: String) -> Int64? {
    guard let unit = units.first(where: { text.hasSuffix($0.name) }) else { return nil }
    let digits = text.dropLast(unit.name.count)
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits),
      number > 0
    else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
    return overflow ? nil : bytes
  }
}
