import SluiceCore
import SluiceJSON

extension TenantBoundary {
  /// The document `sluice.tenant-effective/1`.
  public func document(of tenant: String) -> JSONValue {
    [
      "schema": "sluice.tenant-effective/1", "tenant": .string(tenant),
      "slice": declaredSlice.map { Self.json($0, .string($0.value.rawValue)) }
        ?? ["value": .string(slice.rawValue), "file": .null, "line": .null],
      "disk_quota": diskQuota.map { Self.json($0, .integer($0.value)) } ?? .null,
      "tools": .array(tools.map { Self.json($0, .string($0.value)) }),
      "models": .array(models.map { Self.json($0, .string($0.value)) }),
    ]
  }

  private static func json<Value>(_ declared: Declared<Value>, _ value: JSONValue) -> JSONValue {
    ["value": value, "file": .string(declared.path), "line": .integer(Int64(declared.line))]
  }
}
