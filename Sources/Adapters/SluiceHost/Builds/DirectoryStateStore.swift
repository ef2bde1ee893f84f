import SluiceCore
import SluiceCrypto
import SluicePorts
import SluiceSystem

/// OpenClaw's state directory, copied beside itself and put back by renames.
///
/// Beside it: `<state>.sluice-<operation>` is a copy, with `.part` at its end while the copy is
/// made. `<state>.newer-<operation>` is the state that a returned copy replaced. Every step can be
/// interrupted and continued: the intent is on disk first, a copy gets its name only when it is
/// complete, and the inode identifies each directory.
public actor DirectoryStateStore: StateStore {
  let path: String
  /// OpenClaw's configuration file, within the state or elsewhere.
  let configuration: String
  /// `state-copies.json` in the agent's directory.
  let record: String
  /// Paths that must not lie in the state nor contain the state: a swap would move them, too.
  private let apart: [String]
  let time: any Time
  private let executor = BlockingExecutor()

  /// - Parameters:
  ///   - path: OpenClaw's state directory, absolute.
  ///   - configuration: absolute; nil: `openclaw.json` in the state.
  ///   - record: the file that records the copies.
  ///   - apart: Sluice's own paths.
  public init(
    path: String, configuration: String? = nil, record: String, apart: [String], time: any Time
  ) {
    self.path = path
    self.configuration = configuration ?? "\(path)/openclaw.json"
    self.record = record
    self.apart = apart
    self.time = time
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  // MARK: Looking

  public func survey(running: String?) throws(PortError) -> BuildSurvey.State {
    guard let status = try status(of: path), status.kind == .directory else {
      return .init(path: path, bytes: 0, freeBytes: 0, fault: fault(nil, running: running))
    }
    let free = try PortError.translating { () throws(SystemError) in
      try Files.freeSpace(at: path).freeBytes
    }
    return .init(
      path: path, bytes: try measure().bytes, freeBytes: free,
      fault: fault(status, running: running))
  }

  private func fault(_ status: FileStatus?, running: String?) -> String? {
    guard let status else {
      return "OpenClaw's state \(path) is no directory of its own. Name the directory itself "
        + "(openclaw.state in sluice.yaml), not a link to it."
    }
    if let running, !isSame(running) {
      return "the gateway works on \(running), sluice.yaml says \(path). Set openclaw.state."
    }
    if let other = apart.first(where: { overlaps($0) }) {
      return
        "\(other) and OpenClaw's state \(path) lie in each other. Move one of them: the state is "
        + "swapped as a whole."
    }
    guard let parent = (try? Files.status(of: "\(path)/..")) ?? nil,
      parent.device == status.device
    else {
      return "OpenClaw's state \(path) is a mount point, which cannot be renamed. Use a directory "
        + "below it."
    }
    return nil
  }

  private func isSame(_ other: String) -> Bool {
    if other == path { return true }
    guard let one = (try? Files.status(of: "\(path)/.")) ?? nil,
      let two = (try? Files.status(of: "\(other)/.")) ?? nil
    else { return false }
    return one.inode == two.inode && one.device == two.device
  }

  private func overlaps(_ other: String) -> Bool {
    other == path || other.hasPrefix(path + "/") || path.hasPrefix(other + "/")
  }

  /// The size of a copy, and the times that show whether anything was written since.
  private func measure(
    _ path: String? = nil
  ) throws(PortError) -> (bytes: Int64, signature: Digest) {
    let path = path ?? self.path
    var bytes: Int64 = 0
    var hasher = SHA256Hasher()
    try PortError.translating { () throws(SystemError) in
      try Files.walk(path) { path, status in
        bytes += max(status.size, status.allocatedBytes)
        let line = "\(path) \(status.inode) \(status.size) \(status.changedNanoseconds)\n"
        hasher.update(Array(line.utf8))
      }
    }
    return (bytes, Digest(hash: hasher.finalize()))
  }

  // MARK: Copying

  public func copy(token: OperationID, extent: StateExtent) throws(PortError) -> StateReport {
    switch extent {
    case .configuration: return try copyConfiguration(token: token)
    case .whole:
      if !liesInState { _ = try copyConfiguration(token: token) }
      return try copyState(token: token)
    }
  }

  private func copyState(token: OperationID) throws(PortError) -> StateReport {
    let began = time.now()
    var copies = try StateCopies.read(record)
    let (bytes, signature) = try measure()
    // A copy has its name only when it is whole, also where a crash kept that from being noted.
    if var made = copies.last(of: token), made.signature == signature,
      let inode = try status(of: made.path)?.inode
    {
      if made.stage == .making {
        (made.stage, made.copyInode) = (.made, inode)
        copies.set(made)
        try copies.write(record)
      }
      return report(made, since: began)
    }
    var copy = StateCopies.Copy(
      operation: token, path: try freeName("\(path).sluice-\(Self.name(token))"), stage: .making,
      bytes: bytes, signature: signature)
    copy.number = copies.next
    copies.set(copy)
    try copies.write(record)
    try requireRoom(bytes)
    let staging = "\(path).sluice-\(Self.name(token)).part"
    do throws(SystemError) {
      try Files.removeTree(staging)
      try Files.copyTree(path, to: staging)
    } catch {
      // Half a copy is worth nothing, and its room is wanted.
      try? Files.removeTree(staging)
      throw PortError(
        error, remedy: "OpenClaw's state is as it was; the new build was not started.")
    }
    guard try measure().signature == signature else {
      try? Files.removeTree(staging)
      throw PortError(
        .failed, "\(path) was written to while it was copied",
        remedy: "Something of OpenClaw runs beside the gateway: end it, and try again.")
    }
    try rename(staging, to: copy.path)
    copy.stage = .made
    copy.copyInode = try status(of: copy.path)?.inode
    copy.copySignature = try measure(copy.path).signature
    copies.set(copy)
    try copies.write(record)
    return report(copy, since: began)
  }

  public func faultOfCopies() throws(PortError) -> String? {
    let copies = try StateCopies.read(record)
    guard let newest = copies.newest else { return nil }
    if let copy = copies.last(of: newest), copy.stage == .used {
      let what = "the state as it was before \(copy.operation), \(copy.path),"
      guard let status = try status(of: copy.path) else { return "\(what) is gone" }
      if let inode = copy.copyInode, status.inode != inode { return "\(what) is another directory" }
      if let signature = copy.copySignature, try measure(copy.path).signature != signature {
        return "\(what) was altered"
      }
    }
    if let copy = copies.configuration(of: newest), copy.stage == .used, try !isSound(copy) {
      return
        "the configuration as it was before \(copy.operation), \(copy.path), is gone or altered"
    }
    return nil
  }

  public func use(of operation: OperationID) throws(PortError) -> StateReport {
    let used = try useConfiguration(of: operation)
    if let used, try StateCopies.read(record).last(of: operation) == nil { return used }
    return try useState(of: operation)
  }

  private func useState(of operation: OperationID) throws(PortError) -> StateReport {
    var copies = try StateCopies.read(record)
    guard var copy = copies.last(of: operation), copy.stage != .making, try isThere(copy) else {
      throw PortError(
        .failed, "there is no copy of \(path) as it was before \(operation)",
        remedy: "No newer build is started without one. Look where it went.")
    }
    if copy.stage == .made {
      copy.stage = .used
      copies.set(copy)
      try copies.write(record)
    }
    return report(copy, since: time.now())
  }

  private func isThere(_ copy: StateCopies.Copy) throws(PortError) -> Bool {
    if copy.stage == .back { return true }
    return try status(of: copy.path) != nil
  }

  private func requireRoom(_ bytes: Int64) throws(PortError) {
    let free = try PortError.translating { () throws(SystemError) in
      try Files.freeSpace(at: parent).freeBytes
    }
    guard free < bytes else { return }
    throw PortError(
      .outOfSpace,
      "a copy of \(path) needs \(Wording.bytes(bytes)), and \(Wording.bytes(free)) are free",
      remedy: "Free some space on that disk and try again.")
  }

  // MARK: Putting back

  public func isOutstanding(_ operation: OperationID) throws(PortError) -> Bool {
    let copies = try StateCopies.read(record)
    let stages = [copies.last(of: operation)?.stage, copies.configuration(of: operation)?.stage]
    return stages.contains(.used) || stages.contains(.puttingBack)
  }

  public func putBack(of operation: OperationID, token: OperationID) throws(PortError)
    -> StateReport?
  {
    let configuration = try putConfigurationBack(of: operation, token: token)
    return try putStateBack(of: operation, token: token) ?? configuration
  }

  private func putStateBack(of operation: OperationID, token: OperationID) throws(PortError)
    -> StateReport?
  {
    let began = time.now()
    var copies = try StateCopies.read(record)
    // Never used: the build that would have migrated the state never started, so it is as it was.
    guard var copy = copies.last(of: operation), copy.stage != .making, copy.stage != .made
    else { return nil }
    if copy.stage == .back { return report(copy, since: began) }
    if copy.stage == .used {
      guard let own = try status(of: copy.path) else { throw lost(copy) }
      copy.copyInode = own.inode
      copy.newerInode = try status(of: path)?.inode
      copy.aside = try freeName("\(path).newer-\(Self.name(token))")
      copy.stage = .puttingBack
      copies.set(copy)
      try copies.write(record)
    }
    try swap(copy)
    copy.stage = .back
    copies.set(copy)
    try copies.write(record)
    return report(copy, since: began)
  }

  /// Continues from any intermediate state: each turn reads what the state's path names, and does
  /// one rename.
  private func swap(_ copy: StateCopies.Copy) throws(PortError) {
    guard let aside = copy.aside else { throw lost(copy) }
    while true {
      let inode = try status(of: path)?.inode
      if let inode, inode == copy.copyInode { break }
      guard try status(of: copy.path)?.inode == copy.copyInode else { throw lost(copy) }
      if inode == copy.newerInode, inode != nil {
        try PortError.translating { () throws(SystemError) in
          try exchange(copy.path, keeping: aside)
        }
      } else if inode != nil {
        // A gateway that was started meanwhile made a state of its own.
        try rename(path, to: try freeName("\(aside)-stray"))
      } else {
        try rename(copy.path, to: path)
      }
    }
    // The state that was taken out now lies in the copy's place.
    let left = try status(of: copy.path)?.inode
    if left != nil, left == copy.newerInode { try rename(copy.path, to: aside) }
  }

  func rename(_ from: String, to: String) throws(PortError) {
    try PortError.translating { () throws(SystemError) in
      try Files.rename(from, to: to, exclusive: true)
      try Files.synchronizeDirectory(parent)
    }
  }

  /// In one step where the file system can: then there is a state at every moment.
  private func exchange(_ copy: String, keeping aside: String) throws(SystemError) {
    do { try Files.exchange(path, copy) } catch {
      guard error.isUnsupported else { throw error }
      try Files.rename(path, to: aside, exclusive: true)
      try Files.synchronizeDirectory(parent)
    }
  }

  private func lost(_ copy: StateCopies.Copy) -> PortError {
    PortError(
      .failed, "\(copy.path), the state as it was before \(copy.operation), is gone",
      remedy: "Put it back there from a backup, and try again: the older build cannot start on the "
        + "newer state.")
  }

  // MARK: Names

  private var parent: String {
    path.pathParts.dropLast().reduce("") { $0 + "/" + $1 } + "/"
  }

  static func name(_ token: OperationID) -> String {
    DirectorySliceStore.fileName(token.rawValue)
  }

  /// The name, or the first numbered one that nothing has.
  func freeName(_ wanted: String) throws(PortError) -> String {
    var (name, number) = (wanted, 1)
    while try status(of: name) != nil {
      number += 1
      name = "\(wanted)-\(number)"
    }
    return name
  }

  func status(of path: String) throws(PortError) -> FileStatus? {
    try PortError.translating { () throws(SystemError) in try Files.status(of: path) }
  }

  private func report(_ copy: StateCopies.Copy, since began: Moment) -> StateReport {
    StateReport(
      copy: copy.stage == .back ? nil : copy.path, aside: copy.stage == .back ? copy.aside : nil,
      bytes: copy.bytes, milliseconds: time.now().milliseconds(since: began) ?? 0)
  }
}
