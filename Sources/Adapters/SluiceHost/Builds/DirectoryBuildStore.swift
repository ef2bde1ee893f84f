import SluiceCore
import SluicePorts
import SluiceSystem

/// OpenClaw's builds as directories of one root, with the link `current` beside them. A build may be
/// a link to where an installer put it.
///
/// Reading a build hashes a few hundred megabytes, so it is done once and remembered, beyond the life
/// of the agent, until anything in the build changes.
public actor DirectoryBuildStore: BuildStore {
  let root: String
  private let executor = BlockingExecutor()
  /// `build-proofs.json` in the agent's directory.
  private let record: String?
  private var known: BuildProofs

  /// - Parameters:
  ///   - root: absolute.
  ///   - record: the file that keeps what was read; nil: it is forgotten with this store.
  public init(root: String, record: String? = nil) {
    self.root = root
    self.record = record
    known = record.map(BuildProofs.read) ?? BuildProofs()
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  public func builds() throws(PortError) -> [BuildSurvey.Build] {
    let names = try PortError.translating { () throws(SystemError) in
      try Files.status(of: root) == nil ? [] : try Files.names(in: root)
    }
    var builds: [BuildSurvey.Build] = []
    for name in names where BuildVersion(name)?.description == name {
      do { builds.append(.init(version: name, found: try read(name), fault: nil)) } catch {
        builds.append(.init(version: name, found: nil, fault: error.message))
      }
    }
    return builds
  }

  public func read(_ version: String) throws(PortError) -> ReleaseLock.OpenClaw {
    try requireThere(version)
    let package = BuildPackage(directory: path(version))
    let signature = try package.signature()
    if let known = known.proofs[version], known.signature == signature { return known.build }
    let build = try package.read()
    guard build.version == version else {
      throw PortError(
        .refused, "\(path(version)) holds OpenClaw \(build.version)",
        remedy: "Name a build's directory by its version.")
    }
    known.proofs[version] = BuildProofs.Proof(signature: signature, build: build)
    known.proofs = known.proofs.filter { isThere($0.key) }
    if let record { known.write(record) }
    return build
  }

  public func current() throws(PortError) -> String? {
    let link = "\(root)/current"
    let target: String?
    do { target = try Files.linkTarget(of: link) } catch {
      throw PortError(
        .refused, "\(link) is no symbolic link (\(error))",
        remedy: "Move it away: Sluice makes the link when it swings it.")
    }
    guard let target else { return nil }
    // Relative, or from the root: only the last part is a version.
    guard let name = target.pathParts.last.map(String.init), BuildVersion(name) != nil,
      target == name || target == path(name)
    else {
      throw PortError(
        .refused, "\(link) points at \(target), which is no build of \(root)",
        remedy: "Point it at the directory below \(root) that holds the build which runs here.")
    }
    return isThere(name) ? name : nil
  }

  public func swing(to version: String, token: String) throws(PortError) {
    try requireThere(version)
    if try current() == version { return }
    try PortError.translating { () throws(SystemError) in
      try Files.swingLink(
        "\(root)/current", to: path(version), token: DirectorySliceStore.fileName(token))
    }
  }

  func path(_ version: String) -> String { "\(root)/\(version)" }

  private func isThere(_ version: String) -> Bool {
    ((try? Files.status(of: "\(path(version))/.")) ?? nil)?.kind == .directory
  }

  private func requireThere(_ version: String) throws(PortError) {
    guard BuildVersion(version)?.description == version else {
      throw PortError(
        .refused, "\"\(version.prefix(80))\" cannot name a build in \(root)",
        remedy: "An OpenClaw version is like 2026.9.6.")
    }
    guard isThere(version) else {
      throw PortError(
        .refused, "\(path(version)) is not there",
        remedy: "Install it:  npm install --prefix \(path(version)) openclaw@\(version)")
    }
  }
}
