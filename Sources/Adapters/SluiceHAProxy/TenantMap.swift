import SluiceCore

/// `tenants.map`: `SET/TENANT TENANT`. Sets stand there beside each other, and `state.map` says which one
/// counts: so tenants, share and pins change in one motion. The value is what the session log names: the
/// tenant in Sluice's spelling, and not a client's bytes.
struct TenantMap: Sendable, Hashable {
  /// The value of every entry that an earlier Sluice wrote.
  private static let earlierValue = "canary"

  /// By the generation of the weights that they belong to.
  private(set) var sets: [Int64: [String]] = [:]

  init() {}

  init(_ weights: [Weights]) {
    for weights in weights where !weights.tenants.isEmpty {
      sets[weights.generation] = weights.tenants
    }
  }

  /// Keys and values as HAProxy reports them. An entry of unknown form pins no tenant.
  init(_ entries: [(key: String, value: String)]) {
    for entry in entries {
      let parts = entry.key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let set = Int64(parts[0]), "\(set)" == parts[0],
        HostName.isValid(String(parts[1])),
        [Self.earlierValue, String(parts[1])].contains(entry.value)
      else { continue }
      sets[set, default: []].append(String(parts[1]))
    }
    for set in sets.keys { sets[set]?.sort() }
  }

  /// Lines of a file.
  init(file: String) {
    self.init(
      file.split(separator: "\n").compactMap { line in
        let fields = line.split(separator: " ").map(String.init)
        return fields.count == 2 ? (fields[0], fields[1]) : nil
      })
  }

  /// By the key.
  var entries: [String: String] {
    Dictionary(
      sets.flatMap { set, tenants in tenants.map { ("\(set)/\($0)", $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  var file: String {
    entries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
  }
}
