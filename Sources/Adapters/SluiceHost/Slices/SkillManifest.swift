import SluiceCore

/// A skill tree as text: `<hex sha256>  <path>\n` for every file, sorted by the path's bytes.
///
/// The text's own SHA-256 is the tree's digest, so a manifest proves itself against a
/// lock, and `sha256sum -c` reads it.
public struct SkillManifest: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    /// Relative to the tree's root, parts separated by `/`.
    public let path: String
    /// 64 lower-case hex digits.
    public let hash: String

    public init(path: String, hash: String) {
      self.path = path
      self.hash = hash
    }
  }

  public let entries: [Entry]

  public init(_ entries: [Entry]) {
    self.entries = entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  public var text: String { entries.map { "\($0.hash)  \($0.path)\n" }.joined() }
  public var bytes: [UInt8] { Array(text.utf8) }
  public var digest: Digest { Digest(of: bytes) }

  /// Nil unless the bytes are a manifest and hash to `digest`.
  public init?(_ bytes: [UInt8], hashingTo digest: Digest) {
    guard Digest(of: bytes) == digest else { return nil }
    var entries: [Entry] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let rest = line.dropFirst(64)
      guard rest.starts(with: "  ".utf8), rest.count > 2 else { return nil }
      entries.append(
        Entry(
          path: String(decoding: rest.dropFirst(2), as: UTF8.self),
          hash: String(decoding: line.prefix(64), as: UTF8.self)))
    }
    self.init(entries)
    guard self.bytes == bytes else { return nil }
  }

  /// The first difference in the order of the paths, as a sentence; nil when the manifests are
  /// equal.
  public func firstDifference(from locked: SkillManifest) -> String? {
    guard let change = changes(from: locked, most: 1).first else { return nil }
    switch change.kind {
    case .missing: return "\(change.path) is missing"
    case .added: return "\(change.path) is not in the lock"
    case .changed: return "\(change.path) has other content than the lock says"
    }
  }

  /// The first differences in the order of the paths.
  public func changes(from locked: SkillManifest, most: Int) -> [SliceChange] {
    let here = Dictionary(entries.map { ($0.path, $0.hash) }) { first, _ in first }
    let there = Dictionary(locked.entries.map { ($0.path, $0.hash) }) { first, _ in first }
    return Set(here.keys).union(there.keys).filter { here[$0] != there[$0] }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(most).map { path in
        SliceChange(
          path: path,
          kind: here[path] == nil ? .missing : there[path] == nil ? .added : .changed)
      }
  }
}
