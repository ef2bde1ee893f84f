import SluiceArguments
import SluiceController
import SluiceCore
import SluiceJSON
import SluiceStatus

/// The tenants' fragments of the fleet as an operator reads them.
struct TenantsView {
  private let found: FleetTenants
  private let width: Int
  private let style: Style

  init(_ found: FleetTenants, width: Int, style: Style) {
    self.found = found
    self.width = width
    self.style = style
  }

  var list: [String] {
    guard !found.tenants.isEmpty else { return ["no tenant has fragments"] + silence }
    var table = TextTable(["tenant", "link", "fragments", "writer", "gateways"])
    for tenant in found.tenants {
      let slice = found.boundaries[tenant]?.slice
      table.add([
        StyledText(tenant), StyledText(slice?.rawValue ?? "–", slice == .next ? .strong : .plain),
        StyledText("\(found.writer.files[tenant]?.count ?? 0)"),
        StyledText(found.writer.digests[tenant]?.short ?? "not there"), gateways(tenant),
      ])
    }
    let remark = found.isSound ? [] : ["Some fragments have faults:  sluice tenants lint"]
    return table.lines(width: width, style: style) + remark + silence
  }

  private func gateways(_ tenant: String) -> StyledText {
    var names: [FleetTenants.Standing: [String]] = [:]
    for host in found.hosts {
      guard let standing = found.standing(of: tenant, on: host) else { continue }
      names[standing, default: []].append(host.name.rawValue)
    }
    let equal = names[.equal]?.count ?? 0
    let rest = [FleetTenants.Standing.differs, .missing].compactMap { standing in
      names[standing].map { "\(standing.rawValue) on \($0.joined(separator: ", "))" }
    }
    guard !rest.isEmpty else { return StyledText("equal on \(equal)", .good) }
    return StyledText(rest.joined(separator: "; "), .bad)
  }

  var lint: [String] {
    let places =
      [("writer", found.writer.faults)]
      + found.hosts.map { ($0.name.rawValue, (try? $0.result.get())?.faults ?? []) }
    let lines = places.flatMap { place, faults in
      faults.flatMap { fault in
        hanging(
          StyledText("\(place)   ")
            + StyledText("\(fault.file):\(fault.line):\(fault.column)", .bad)
            + StyledText(": \(fault.message)")) + hanging(StyledText("        \(fault.remedy)"))
      }
    }
    let answered = found.hosts.count - found.silent.count
    let sound =
      "in order on the writer and on \(answered == 1 ? "1 gateway" : "\(answered) gateways")"
    return (found.isSound ? [StyledText(sound, .good).rendered(style)] : lines) + silence
  }

  func diff(of tenant: String?) -> [String] {
    let differences = found.differences(of: tenant)
    guard !differences.isEmpty else {
      let equal = found.silent.isEmpty ? "every gateway has" : "every gateway that answers has"
      return [StyledText("\(equal) the writer's fragments", .good).rendered(style)] + silence
    }
    var table = TextTable(["host", "fragment", "on the writer", "on the host"])
    for entry in differences {
      table.add([
        StyledText(entry.host.rawValue),
        StyledText("\(entry.difference.tenant)/\(entry.difference.path)"),
        StyledText(entry.difference.wanted?.short ?? "missing"),
        StyledText(entry.difference.found?.short ?? "missing", .bad),
      ])
    }
    return table.lines(width: width, style: style)
      + ["Mirror the writer's fragments to these hosts, then compare again."] + silence
  }

  private var silence: [String] {
    found.silent.flatMap { host in
      hanging(
        StyledText("\(host.name)   ") + StyledText("silent", .bad)
          + StyledText("   \(host.error.message)"))
    }
  }

  private func hanging(_ text: StyledText) -> [String] {
    text.hanging(at: 8, width: width).map { $0.rendered(style) }
  }
}

/// The merged fragments of a tenant.
struct TenantBoundaryView {
  private let boundary: TenantBoundary
  private let tenant: String

  init(_ boundary: TenantBoundary, of tenant: String) {
    self.boundary = boundary
    self.tenant = tenant
  }

  func lines(width: Int, style: Style) -> [String] {
    var table = TextTable([tenant, "value", "from"])
    table.add([
      "link", boundary.slice.rawValue, boundary.declaredSlice.map(Self.place) ?? "no fragment",
    ])
    if let quota = boundary.diskQuota {
      table.add(["disk quota", "\(quota.value) bytes", Self.place(quota)])
    }
    for tool in boundary.tools { table.add(["tool", tool.value, Self.place(tool)]) }
    for model in boundary.models { table.add(["model", model.value, Self.place(model)]) }
    return table.lines(width: width, style: style)
  }

  private static func place<Value>(_ declared: TenantBoundary.Declared<Value>) -> String {
    "\(declared.path):\(declared.line)"
  }
}

/// A change of the writer's checkout, and the commands that come next.
struct TenantChangeView {
  private static let next = "sluice lock"

  private let change: WriterTenants.Change
  private let fleet: Fleet

  init(_ change: WriterTenants.Change, fleet: Fleet) {
    self.change = change
    self.fleet = fleet
  }

  var lines: [String] {
    guard change.isNew else {
      return ["\(change.tenant) uses \(change.slice.rawValue) already; nothing was changed."] + ramp
    }
    let verb = change.slice == .next ? "Wrote" : "Removed"
    return [
      "\(verb) \(change.file): \(change.tenant) uses \(change.slice.rawValue).",
      "Nothing is committed. Next:  \(Self.next), then commit and tag, mirror the fragments to every "
        + "gateway, and compare:  sluice tenants diff",
    ] + ramp
  }

  var document: JSONValue {
    [
      "schema": "sluice.tenant-pin/1", "tenant": .string(change.tenant),
      "file": .string(change.file), "slice": .string(change.slice.rawValue),
      "changed": .bool(change.isNew), "next": change.isNew ? .string(Self.next) : .null,
    ]
  }

  /// The fragment says which skills; the ramp says which gateway serves the tenant.
  private var ramp: [String] {
    let sent =
      fleet.ramp.tenants(at: .max - 1).contains(change.tenant)
      || fleet.balancer.cohorts[change.tenant] == .canary
    switch (change.slice, sent) {
    case (.next, false):
      return [
        "The balancer does not send \(change.tenant) to the canary yet: name the tenant in a step of "
          + "the ramp (tenants: [\(change.tenant)])."
      ]
    case (.current, true):
      return [
        "sluice.yaml still sends \(change.tenant) to the canary, by ramp or by balancer.cohorts."
      ]
    default: return []
    }
  }
}
