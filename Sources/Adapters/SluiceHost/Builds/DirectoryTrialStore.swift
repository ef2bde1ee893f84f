import SluiceCore
import SluicePorts
import SluiceSystem

/// Copies of OpenClaw's state on which builds are tried: `<state>.trial-<operation>`, beside the
/// state, so that the file system can share blocks with the original.
///
/// A copy is made while the gateway serves. Left out are `tmp`, sockets and pipes, and links that
/// lead out of the state: what the build writes through such a link would be the original's.
public actor DirectoryTrialStore: TrialStore {
  private let state: String
  private let configuration: String
  private let time: any Time
  private let executor = BlockingExecutor()

  /// - Parameters:
  ///   - state: OpenClaw's state directory, absolute.
  ///   - configuration: absolute; nil: `openclaw.json` in the state.
  public init(state: String, configuration: String? = nil, time: any Time) {
    self.state = state
    self.configuration = configuration ?? "\(state)/openclaw.json"
    self.time = time
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  // MARK: Copying

  public func copy(token: OperationID) throws(PortError) -> TrialCopy {
    for directory in try leftovers() { try discard(directory) }
    let began = time.now()
    let size = try requireTriable()
    try requireRoom(size)
    let directory = directory(of: token)
    var copy = TrialCopy(
      directory: directory, state: "\(directory)/state",
      configuration: "\(directory)/openclaw.json", originalState: state,
      originalConfiguration: configuration)
    if configuration.hasPrefix(state + "/") {
      copy.configuration = copy.state + configuration.dropFirst(state.count)
    }
    do throws(PortError) {
      try PortError.translating { () throws(SystemError) in
        try Files.makeDirectory(directory, mode: 0o700)
        for folder in ["home", "workspace"] {
          try Files.makeDirectory("\(directory)/\(folder)", mode: 0o700)
        }
      }
      try copyDirectory("", into: &copy)
      (copy.files, copy.bytes) = try measure(copy)
    } catch {
      // Half a copy is worth nothing, and its room is wanted.
      try? Files.removeTree(directory)
      throw error
    }
    copy.milliseconds = time.now().milliseconds(since: began) ?? 0
    return copy
  }

  /// The size of the state.
  private func requireTriable() throws(PortError) -> Int64 {
    guard let status = try status(of: state), status.kind == .directory else {
      throw PortError(
        .refused, "OpenClaw's state \(state) is no directory of its own, so no build can be tried",
        remedy: "Name the directory itself as openclaw.state in sluice.yaml.")
    }
    guard status.owner == HostFacts.userIdentifier else {
      let owner = HostFacts.userName(of: status.owner) ?? String(status.owner)
      throw PortError(
        .refused,
        "OpenClaw's state \(state) belongs to \(owner), and the agent runs as "
          + "\(HostFacts.userName): a build that is tried would run with other rights",
        remedy: "Try the build on a host whose agent has the gateway's account.")
    }
    return try bytes(of: state)
  }

  private func requireRoom(_ bytes: Int64) throws(PortError) {
    let needed = TrialRoom.neededBytes(state: bytes)
    let free = try freeBytes()
    guard free < needed else { return }
    throw PortError(
      .outOfSpace,
      "a trial on a copy of \(state) needs \(Wording.bytes(needed)), and \(Wording.bytes(free)) are "
        + "free",
      remedy: "Free \(Wording.bytes(needed - free)) on that disk, and try again.")
  }

  /// - Parameter path: below the state; empty: the state itself.
  private func copyDirectory(_ path: String, into copy: inout TrialCopy) throws(PortError) {
    let source = path.isEmpty ? state : "\(state)/\(path)"
    let target = path.isEmpty ? copy.state : "\(copy.state)/\(path)"
    let names = try PortError.translating { () throws(SystemError) in
      try Files.makeDirectory(target, mode: 0o700)
      return try Files.names(in: source)
    }
    let companions = Set(
      names.flatMap { name in LiveDatabase.companions.map { name + $0 } })
    for name in names {
      if Task.isCancelled { throw PortError(.unknown, "the trial was called off") }
      let entry = path.isEmpty ? name : "\(path)/\(name)"
      // Locks and sockets of the running process.
      if entry == "tmp" { continue }
      if companions.contains(name), isCompanion("\(source)/\(name)") { continue }
      try copyEntry(entry, into: &copy)
    }
  }

  private func isCompanion(_ path: String) -> Bool {
    LiveDatabase.companions.contains { suffix in
      path.hasSuffix(suffix) && LiveDatabase.isDatabase(String(path.dropLast(suffix.count)))
    }
  }

  private func copyEntry(_ entry: String, into copy: inout TrialCopy) throws(PortError) {
    let (source, target) = ("\(state)/\(entry)", "\(copy.state)/\(entry)")
    switch try status(of: source)?.kind {
    case .directory: try copyDirectory(entry, into: &copy)
    case .link: try copyLink(entry, into: &copy)
    case .regular where LiveDatabase.isDatabase(source):
      try LiveDatabase(path: source).copy(to: target)
      copy.databases.append(target)
    case .regular:
      try PortError.translating { () throws(SystemError) in
        do throws(SystemError) { try Files.copyFile(source, to: target, durable: false) } catch {
          // The gateway serves: a file may go meanwhile.
          guard error.isMissing else { throw error }
        }
      }
    case .other, nil: break
    }
  }

  private func copyLink(_ entry: String, into copy: inout TrialCopy) throws(PortError) {
    let place = entry.pathParts.dropLast().map(String.init)
    let target = try PortError.translating { () throws(SystemError) in
      try Files.linkTarget(of: "\(state)/\(entry)")
    }
    guard let target else { return }
    guard let inside = inside(target, from: place) else {
      copy.leftOut.append("the link \(entry) leads out of the state and was left out")
      return
    }
    let destination = ([copy.state] + inside).joined(separator: "/")
    try PortError.translating { () throws(SystemError) in
      try Files.makeLink("\(copy.state)/\(entry)", to: destination)
    }
  }

  /// The parts of a link's target below the state; nil: it leads elsewhere.
  private func inside(_ target: String, from place: [String]) -> [String]? {
    var parts = place
    if target.hasPrefix("/") {
      guard target == state || target.hasPrefix(state + "/") else { return nil }
      parts = []
    }
    let rest = target.hasPrefix("/") ? String(target.dropFirst(state.count)) : target
    for part in rest.pathParts where part != "." {
      if part != ".." {
        parts.append(String(part))
      } else if parts.popLast() == nil {
        return nil
      }
    }
    return parts
  }

  // MARK: Looking

  public func directory(of token: OperationID) -> String {
    "\(prefix)\(DirectorySliceStore.fileName(token.rawValue))"
  }

  public func leftovers() throws(PortError) -> [String] {
    try PortError.translating { () throws(SystemError) in
      let (parent, name) = split
      let beginning = "\(name)\(Self.infix)"
      guard try Files.status(of: parent) != nil else { return [] }
      return try Files.names(in: parent).filter { $0.hasPrefix(beginning) }
        .map { "\(parent)/\($0)" }
    }
  }

  public func measure(_ copy: TrialCopy) throws(PortError) -> (files: Int, bytes: Int64) {
    var files = 0
    var databases: Set<String> = []
    try PortError.translating { () throws(SystemError) in
      try Files.walk(copy.state) { path, status in
        guard status.kind == .regular else { return }
        if LiveDatabase.isDatabase("\(copy.state)/\(path)") { databases.insert(path) }
        files += 1
      }
      try Files.walk(copy.state) { path, status in
        let isWorkingFile = LiveDatabase.companions.contains {
          path.hasSuffix($0) && databases.contains(String(path.dropLast($0.count)))
        }
        if status.kind == .regular, isWorkingFile { files -= 1 }
      }
    }
    return (files, try bytes(of: copy.state))
  }

  public func freeBytes() throws(PortError) -> Int64 {
    try PortError.translating { () throws(SystemError) in
      try Files.freeSpace(at: state).freeBytes
    }
  }

  private func bytes(of path: String) throws(PortError) -> Int64 {
    var bytes: Int64 = 0
    try PortError.translating { () throws(SystemError) in
      try Files.walk(path) { _, status in bytes += max(status.size, status.allocatedBytes) }
    }
    return bytes
  }

  private func status(of path: String) throws(PortError) -> FileStatus? {
    try PortError.translating { () throws(SystemError) in try Files.status(of: path) }
  }

  // MARK: Removing

  public func discard(_ directory: String) throws(PortError) {
    guard directory.hasPrefix(prefix), !directory.dropFirst(prefix.count).contains("/") else {
      throw PortError(.refused, "\(directory) is no trial of \(state)")
    }
    try PortError.translating { () throws(SystemError) in try Files.removeTree(directory) }
  }

  public func items() throws(PortError) -> [StoredItem] {
    var items: [StoredItem] = []
    for directory in try leftovers() {
      let name = String(directory.pathParts.last ?? "")
      if let item = try StoredItem(.buildTrial, name, at: directory) { items.append(item) }
    }
    return items
  }

  public func remove(_ item: StoredItem.ID) throws(PortError) {
    guard item.kind == .buildTrial, let known = try items().first(where: { $0.id == item }) else {
      throw PortError(.refused, "\"\(item.name.prefix(200))\" is no trial of \(state)")
    }
    try discard("\(split.parent)/\(known.id.name)")
  }

  private static let infix = ".trial-"
  private var prefix: String { state + Self.infix }

  private var split: (parent: String, name: String) {
    let parts = state.pathParts
    return ("/" + parts.dropLast().joined(separator: "/"), String(parts.last ?? ""))
  }
}
