import SluiceCore
import SluicePorts
import SluiceSystem

// The configuration file. A newer build may rewrite it at its first start, also where the state's
// schemas stay. Startup migrates no file that the configuration includes, so a copy of the file
// itself is enough.
//
// Files beside the state: `<state>.sluice-<operation>.config` is a copy,
// `<state>.newer-<operation>.config` is the replaced file. The record names each step before the
// step is done, and the files' content shows which steps were done.
extension DirectoryStateStore {
  private static let sizeLimit = 16 << 20

  /// A copy of the whole state holds it then.
  var liesInState: Bool { configuration.hasPrefix(path + "/") && isFileOfItsOwn }

  private var isFileOfItsOwn: Bool {
    ((try? Files.status(of: configuration)) ?? nil).map { $0.kind == .regular } ?? true
  }

  func copyConfiguration(token: OperationID) throws(PortError) -> StateReport {
    let began = time.now()
    var copies = try StateCopies.read(record)
    let source = try resolved(configuration)
    let (bytes, mode) = try content(of: source)
    let digest = bytes.map(Digest.init(of:))
    if let made = copies.configuration(of: token), made.stage != .making, made.digest == digest,
      try isSound(made)
    {
      return report(made, bytes, since: began)
    }
    var copy = StateCopies.Configuration(
      operation: token, source: source,
      path: try freeName("\(path).sluice-\(Self.name(token)).config"), stage: .making,
      digest: digest, mode: mode)
    copy.number = copies.next
    copies.set(copy)
    try copies.write(record)
    if let bytes {
      try PortError.translating(
        remedy: "OpenClaw's configuration is as it was; the new build was not started."
      ) { () throws(SystemError) in
        try Files.replace(copy.path, with: bytes, mode: mode)
      }
    }
    copy.stage = .made
    copies.set(copy)
    try copies.write(record)
    return report(copy, bytes, since: began)
  }

  /// Nil where that operation copied none.
  func useConfiguration(of operation: OperationID) throws(PortError) -> StateReport? {
    var copies = try StateCopies.read(record)
    guard var copy = copies.configuration(of: operation) else { return nil }
    let isThere = copy.stage == .back ? true : try isSound(copy)
    guard copy.stage != .making, isThere else {
      throw lost(copy, remedy: "No newer build is started without it. Look where it went.")
    }
    if copy.stage == .made {
      copy.stage = .used
      copies.set(copy)
      try copies.write(record)
    }
    return report(copy, nil, since: time.now())
  }

  /// Nil where none was made and used.
  func putConfigurationBack(
    of operation: OperationID, token: OperationID
  ) throws(PortError) -> StateReport? {
    let began = time.now()
    var copies = try StateCopies.read(record)
    guard var copy = copies.configuration(of: operation), copy.stage != .making, copy.stage != .made
    else { return nil }
    if copy.stage == .back { return report(copy, nil, since: began) }
    guard try isSound(copy) else {
      throw lost(
        copy,
        remedy: "Put it back there from a backup, and try again: the older build may not start on, "
          + "or not behave the same with, what the newer one wrote.")
    }
    if copy.stage == .used {
      copy.aside = try freeName("\(path).newer-\(Self.name(token)).config")
      copy.stage = .puttingBack
      copies.set(copy)
      try copies.write(record)
    }
    try exchange(&copy)
    copy.stage = .back
    copies.set(copy)
    try copies.write(record)
    return report(copy, nil, since: began)
  }

  /// Moves the present file aside, then puts the copy in its place; skips a step that was done.
  private func exchange(_ copy: inout StateCopies.Configuration) throws(PortError) {
    let (newer, mode) = try content(of: copy.source)
    guard newer.map(Digest.init(of:)) != copy.digest else { return }
    if let newer, let aside = copy.aside, try content(of: aside).bytes != newer {
      let name = try freeName(aside)
      try PortError.translating { () throws(SystemError) in
        try Files.replace(name, with: newer, mode: mode)
      }
      copy.aside = name
    }
    let older = copy.digest == nil ? nil : try content(of: copy.path).bytes
    let (source, olderMode) = (copy.source, copy.mode)
    try PortError.translating { () throws(SystemError) in
      if let older {
        try Files.replace(source, with: older, mode: olderMode)
      } else {
        try Files.removeFile(source)
      }
    }
  }

  func isSound(_ copy: StateCopies.Configuration) throws(PortError) -> Bool {
    guard let digest = copy.digest else { return true }
    return try content(of: copy.path).bytes.map(Digest.init(of:)) == digest
  }

  /// Nil when there is no such file.
  private func content(of file: String) throws(PortError) -> (bytes: [UInt8]?, mode: UInt32) {
    guard let status = try status(of: file) else { return (nil, 0o600) }
    let bytes = try PortError.translating { () throws(SystemError) in
      try Files.read(file, limit: Self.sizeLimit)
    }
    return (bytes, status.mode)
  }

  /// The file itself where the path names a link: a rewrite replaces the link's target.
  private func resolved(_ file: String) throws(PortError) -> String {
    var (file, hops) = (file, 0)
    while let status = try status(of: file), status.kind == .link {
      hops += 1
      let target = try PortError.translating { () throws(SystemError) in
        try Files.linkTarget(of: file)
      }
      guard let target, hops < 16 else {
        throw PortError(
          .refused, "OpenClaw's configuration \(configuration) is a link that leads nowhere",
          remedy: "Point OPENCLAW_CONFIG_PATH of this host at the file itself.")
      }
      let folder = file.pathParts.dropLast().reduce("") { $0 + "/" + $1 }
      file = target.hasPrefix("/") ? target : "\(folder)/\(target)"
    }
    return file
  }

  private func lost(_ copy: StateCopies.Configuration, remedy: String) -> PortError {
    PortError(
      .failed,
      "\(copy.path), the copy of \(copy.source) as it was before \(copy.operation), is gone or was "
        + "altered", remedy: remedy)
  }

  private func report(
    _ copy: StateCopies.Configuration, _ bytes: [UInt8]?, since began: Moment
  ) -> StateReport {
    StateReport(
      copy: copy.stage == .back ? nil : copy.path, aside: copy.stage == .back ? copy.aside : nil,
      bytes: Int64(bytes?.count ?? 0), milliseconds: time.now().milliseconds(since: began) ?? 0)
  }
}
