import SluiceCore
import SluiceYAML

/// Reads one fragment file strictly. An error never repeats a value: it might be a secret.
enum FragmentFile {
  /// - Parameters:
  ///   - path: in the tenant's directory.
  ///   - file: the name for messages.
  static func read(
    _ bytes: [UInt8], path: String, file: String
  ) throws(YAMLError) -> TenantFragment {
    let node = try YAMLReader.read(bytes, file: file)
    try refuseSecretNames(in: node, file: file)
    let root = try YAMLMapping.root(of: node, file: file)
    let fragment = TenantFragment(
      path: path, tools: try names(root.optional("tools")),
      models: try names(root.optional("models")), diskQuota: try quota(root.optional("quota")),
      slice: try slice(root.optional("slice")))
    try root.finish()
    return fragment
  }

  /// A key such as `token` announces a secret, whatever its value looks like.
  private static func refuseSecretNames(in node: YAMLNode, file: String) throws(YAMLError) {
    switch node.content {
    case .scalar: break
    case .sequence(let items):
      for item in items { try refuseSecretNames(in: item, file: file) }
    case .mapping(let entries):
      for entry in entries {
        guard !SecretScan.isSecretName(entry.key) else {
          throw YAMLError(
            file: file, position: entry.keyPosition,
            message: "the key \"\(entry.key)\" announces a secret",
            remedy: "Secrets live in the tenant's secrets directory: remove it here, and renew it.")
        }
        try refuseSecretNames(in: entry.value, file: file)
      }
    }
  }

  private static func slice(
    _ value: YAMLValue?
  ) throws(YAMLError) -> TenantFragment.Line<TenantBoundary.Slice>? {
    guard let value else { return nil }
    let text = try value.string()
    guard let slice = TenantBoundary.Slice(rawValue: text) else {
      throw value.error("slice is neither current nor next", "Write current or next.")
    }
    return .init(slice, line: value.position.line)
  }

  private static func names(
    _ value: YAMLValue?
  ) throws(YAMLError) -> [TenantFragment.Line<String>] {
    var names: [TenantFragment.Line<String>] = []
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
      if let first = names.first(where: { $0.value == name }) {
        throw item.error(
          "\(item.name) repeats the name on line \(first.line)", "Remove one of the two.")
      }
      names.append(.init(name, line: item.position.line))
    }
    return names
  }

  private static func quota(
    _ value: YAMLValue?
  ) throws(YAMLError) -> TenantFragment.Line<Int64>? {
    guard let mapping = try value?.mapping() else { return nil }
    let disk = try mapping.required("disk")
    try mapping.finish()
    guard let bytes = ByteCount.bytes(try disk.string()) else {
      throw disk.error(
        "quota.disk is no size", "Write a whole number with its unit: 500MB, 10GB, 10GiB.")
    }
    return .init(bytes, line: disk.position.line)
  }

  private static func leavesDirectory(_ text: String) -> Bool {
    text.hasPrefix("/") || text.hasPrefix("~") || text.pathParts.contains("..")
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
