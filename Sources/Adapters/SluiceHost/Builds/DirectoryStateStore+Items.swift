import SluiceCore
import SluicePorts
import SluiceSystem

// Items that `sluice gc` may discard: copies of OpenClaw's state and configuration, and what a
// rollback replaced. Only files that the record names are Sluice's. A discarded copy stays in the
// record: who wants to put it back is told that the copy is gone.
extension DirectoryStateStore {
  private static let leavingSuffix = ".removing"

  public func items() throws(PortError) -> [StoredItem] {
    var items: [StoredItem] = []
    for place in try places() {
      for path in [place.path, place.path + Self.leavingSuffix] where isBesideState(path) {
        let item = try StoredItem(
          place.kind, name(of: path), at: path, operation: place.operation,
          uses: path == place.path ? place.uses : [])
        if let item { items.append(item) }
      }
    }
    return items
  }

  public func remove(_ item: StoredItem.ID) throws(PortError) {
    guard let known = try items().first(where: { $0.id == item }) else {
      throw PortError(.refused, "\"\(item.name.prefix(200))\" is no copy of \(path)")
    }
    let location = directory + item.name
    if let use = known.uses.first { throw PortError(.refused, "\(location) is in use: \(use)") }
    let isLeaving = location.hasSuffix(Self.leavingSuffix)
    let leaving = isLeaving ? location : location + Self.leavingSuffix
    try PortError.translating { () throws(SystemError) in
      if !isLeaving {
        try Files.removeTree(leaving)
        try Files.rename(location, to: leaving, exclusive: true)
        try Files.synchronizeDirectory(directory)
      }
      try Files.removeTree(leaving)
    }
  }

  private struct Place {
    var kind: StoredItem.Kind
    var path: String
    var operation: OperationID
    var uses: [String] = []
  }

  /// Where the record says that copies are, and what an interrupted copy left.
  private func places() throws(PortError) -> [Place] {
    let copies = try StateCopies.read(record)
    let newest = copies.newest
    var places: [Place] = []
    for copy in copies.copies {
      let use = Self.use(copy.stage, isNewest: copy.operation == newest)
      places.append(.init(kind: .stateCopy, path: copy.path, operation: copy.operation, uses: use))
      if copy.stage != .making {
        let part = "\(path).sluice-\(Self.name(copy.operation)).part"
        places.append(.init(kind: .stateCopy, path: part, operation: copy.operation))
      }
      if let aside = copy.aside {
        places.append(.init(kind: .newerState, path: aside, operation: copy.operation))
      }
    }
    for copy in copies.configurations ?? [] {
      let use = Self.use(copy.stage, isNewest: copy.operation == newest)
      places.append(.init(kind: .stateCopy, path: copy.path, operation: copy.operation, uses: use))
      if let aside = copy.aside {
        places.append(.init(kind: .newerState, path: aside, operation: copy.operation))
      }
    }
    return places
  }

  private static func use(_ stage: StateCopies.Copy.Stage, isNewest: Bool) -> [String] {
    if stage == .puttingBack { return ["it is being put back"] }
    return isNewest ? ["it is the newest copy, which a rollback puts back"] : []
  }

  /// With a slash at its end.
  private var directory: String { path.pathParts.dropLast().reduce("") { $0 + "/" + $1 } + "/" }

  private func name(of path: String) -> String { path.pathParts.last.map(String.init) ?? path }

  private func isBesideState(_ location: String) -> Bool {
    (location.hasPrefix("\(path).sluice-") || location.hasPrefix("\(path).newer-"))
      && !location.dropFirst(path.count).contains("/")
  }
}
