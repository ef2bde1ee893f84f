/// The slice boundary that a tenant's fragments declare together, and the place of each value.
public struct TenantBoundary: Sendable, Hashable {
  /// Which link a tenant uses.
  public enum Slice: String, Sendable, Hashable, CaseIterable { case current, next }

  /// A value, and the fragment and line that declare the value.
  public struct Declared<Value: Sendable & Hashable>: Sendable, Hashable {
    public let value: Value
    /// In the tenant's directory: `skills.d/10-canary.yaml`.
    public let path: String
    /// Counts from 1.
    public let line: Int

    public init(_ value: Value, path: String, line: Int) {
      self.value = value
      self.path = path
      self.line = line
    }
  }

  /// Allowed tool namespaces.
  public private(set) var tools: [Declared<String>] = []
  /// Allowed model profiles.
  public private(set) var models: [Declared<String>] = []
  /// Bytes; nil when no fragment sets a quota.
  public private(set) var diskQuota: Declared<Int64>?
  /// Nil when no fragment names a link; the tenant then uses `current`.
  public private(set) var declaredSlice: Declared<Slice>?

  /// Merges fragments in the given order: lists grow, a later single value replaces an earlier one.
  public init(merging fragments: [TenantFragment] = []) {
    for fragment in fragments {
      tools = Self.grown(tools, by: fragment.tools, in: fragment.path)
      models = Self.grown(models, by: fragment.models, in: fragment.path)
      diskQuota = fragment.diskQuota.map { Self.declared($0, in: fragment.path) } ?? diskQuota
      declaredSlice = fragment.slice.map { Self.declared($0, in: fragment.path) } ?? declaredSlice
    }
  }

  public var slice: Slice { declaredSlice?.value ?? .current }

  /// A name that stands in the list already keeps its first place.
  private static func grown(
    _ list: [Declared<String>], by lines: [TenantFragment.Line<String>], in path: String
  ) -> [Declared<String>] {
    let known = Set(list.map(\.value))
    return list + lines.filter { !known.contains($0.value) }.map { declared($0, in: path) }
  }

  private static func declared<Value>(
    _ line: TenantFragment.Line<Value>, in path: String
  ) -> Declared<Value> {
    Declared(line.value, path: path, line: line.line)
  }
}
