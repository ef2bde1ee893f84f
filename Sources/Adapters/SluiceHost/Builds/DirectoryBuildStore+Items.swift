import SluiceCore
import SluicePorts
import SluiceSystem

// Items that `sluice gc` may discard: builds that are older than the one that `current` names. A
// newer one was installed for a promotion to come. A build that is a link belongs to its installer.
extension DirectoryBuildStore {
  private static let leavingPrefix = ".removed-"

  public func items() throws(PortError) -> [StoredItem] {
    let uses = uses()
    var items: [StoredItem] = []
    for name in try names() where BuildVersion(name)?.description == name {
      let used = uses(name)
      if let item = try StoredItem(.build, name, at: path(name), uses: used.map { [$0] } ?? []) {
        items.append(item)
      }
    }
    return items
  }

  /// The name goes first, so that no half of a build ever has a version for its name.
  public func remove(_ item: StoredItem.ID) throws(PortError) {
    let name = item.name
    guard item.kind == .build, BuildVersion(name)?.description == name else {
      throw PortError(.refused, "\"\(name.prefix(80))\" is no build of \(root)")
    }
    if let use = uses()(name) {
      throw PortError(.refused, "\(path(name)) is in use: \(use)")
    }
    let leaving = "\(root)/\(Self.leavingPrefix)\(name)"
    let names = try names()
    try PortError.translating { () throws(SystemError) in
      // The rest of an interrupted removal.
      for name in names where name.hasPrefix(Self.leavingPrefix) {
        try Files.removeTree("\(root)/\(name)")
      }
      guard try Files.status(of: path(name))?.kind == .directory else { return }
      try Files.rename(path(name), to: leaving, exclusive: true)
      try Files.synchronizeDirectory(root)
      try Files.removeTree(leaving)
    }
  }

  private func names() throws(PortError) -> [String] {
    try PortError.translating { () throws(SystemError) in
      try Files.status(of: root) == nil ? [] : try Files.names(in: root)
    }
  }

  /// Why a build stays. While the link names no build, each one stays.
  private func uses() -> (_ version: String) -> String? {
    let current: BuildVersion
    do throws(PortError) {
      guard let name = try self.current(), let version = BuildVersion(name) else {
        return { _ in "current names no build" }
      }
      current = version
    } catch { return { _ in "the link cannot be read: \(error.message)" } }
    return { name in
      guard let version = BuildVersion(name) else { return nil }
      return version == current
        ? "current names it"
        : version > current ? "it is newer than the build that current names" : nil
    }
  }
}
