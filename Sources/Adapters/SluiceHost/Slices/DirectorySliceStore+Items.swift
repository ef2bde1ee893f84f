import SluiceCore
import SluicePorts
import SluiceSystem

// The items that `sluice gc` may discard: slices that no link names, and damaged slices that were
// set aside.
extension DirectorySliceStore {
  public func items() throws(PortError) -> [StoredItem] {
    let uses = uses()
    var items: [StoredItem] = []
    for name in try names() {
      guard let kind = Self.kind(of: name) else { continue }
      let used = kind == .slice ? uses(name) : nil
      if let item = try StoredItem(
        kind, name, at: path(name), uses: used.map { [$0] } ?? [])
      {
        items.append(item)
      }
    }
    return items
  }

  /// Removes a slice that no link names, or a damaged slice that was set aside. The name goes
  /// first, so that no half of a slice ever has a version for its name.
  public func remove(_ item: StoredItem.ID) throws(PortError) {
    let name = item.name
    guard let kind = Self.kind(of: name), kind == item.kind else {
      throw PortError(.refused, "\"\(name.prefix(80))\" is no \(item.kind.rawValue) of \(root)")
    }
    if kind == .slice, let use = uses()(name) {
      throw PortError(
        .refused, "\(path(name)) is in use: \(use)", remedy: "Swing to another slice first.")
    }
    let leaving = "\(root)/\(Self.stagingPrefix)removed-\(name)"
    try PortError.translating { () throws(SystemError) in
      guard try Files.status(of: path(name)) != nil else { return }
      try Files.removeTree(leaving)
      try rename(path(name), to: leaving)
      try Files.synchronizeDirectory(root)
      try Files.removeTree(leaving)
      if kind == .slice, try Files.status(of: manifestPath(name)) != nil {
        try Files.removeFile(manifestPath(name))
      }
    }
  }

  /// Nil for every other name.
  private static func kind(of name: String) -> StoredItem.Kind? {
    if isVersion(name) { return .slice }
    guard let infix = name.firstRange(of: damagedInfix), !name.contains("/"),
      isVersion(String(name[..<infix.lowerBound]))
    else { return nil }
    return .damagedSlice
  }

  /// Which link names a slice. While the links cannot be read, each slice counts as named.
  private func uses() -> (_ version: String) -> String? {
    let links: Links
    do throws(PortError) { links = try self.links() } catch {
      return { _ in "the links cannot be read: \(error.message)" }
    }
    return { version in
      links.current == version
        ? "current names it" : links.next == version ? "next names it" : nil
    }
  }
}

extension StoredItem {
  /// An item on this disk; nil if nothing has the path. A link is no item: somebody else made it.
  init?(
    _ kind: Kind, _ name: String, at path: String, operation: OperationID? = nil,
    uses: [String] = []
  ) throws(PortError) {
    var bytes: Int64 = 0
    var changed: Int64 = 0
    let isThere = try PortError.translating { () throws(SystemError) in
      guard let status = try Files.status(of: path), status.kind != .link else { return false }
      changed = status.changedNanoseconds / 1_000_000
      bytes = status.allocatedBytes
      if status.kind == .directory {
        try Files.walk(path) { _, status in bytes += status.allocatedBytes }
      }
      return true
    }
    guard isThere else { return nil }
    self.init(
      ID(kind, name), bytes: bytes, changedAtMilliseconds: changed, operation: operation,
      uses: uses)
  }
}
