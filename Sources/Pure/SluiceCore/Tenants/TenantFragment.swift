/// One fragment as it was read: a part of a tenant's slice boundary.
public struct TenantFragment: Sendable, Hashable {
  /// In the tenant's directory: `skills.d/10-canary.yaml`.
  public var path: String
  /// Allowed tool namespaces.
  public var tools: [Line<String>]
  /// Allowed model profiles.
  public var models: [Line<String>]
  /// Bytes; nil when the fragment sets no quota.
  public var diskQuota: Line<Int64>?
  /// Nil when the fragment names no link.
  public var slice: Line<TenantBoundary.Slice>?

  /// A value, and the line of the file on which the value stands. Lines count from 1.
  public struct Line<Value: Sendable & Hashable>: Sendable, Hashable {
    public var value: Value
    public var line: Int

    public init(_ value: Value, line: Int) {
      self.value = value
      self.line = line
    }
  }

  public init(
    path: String, tools: [Line<String>] = [], models: [Line<String>] = [],
    diskQuota: Line<Int64>? = nil, slice: Line<TenantBoundary.Slice>? = nil
  ) {
    self.path = path
    self.tools = tools
    self.models = models
    self.diskQuota = diskQuota
    self.slice = slice
  }

  /// Whether the fragment says nothing but which link the tenant uses.
  public var namesOnlySlice: Bool {
    tools.isEmpty && models.isEmpty && diskQuota == nil && slice != nil
  }
}
