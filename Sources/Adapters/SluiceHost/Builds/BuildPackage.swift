import SluiceFoundation
import SluiceCore
import SluiceCrypto
import SluicePorts
import SluiceSystem

/// An OpenClaw build as npm installs it: `<directory>/node_modules/openclaw` and its dependencies
/// beside it. Nothing of it is run to read it.
public struct BuildPackage: Sendable {
  public let directory: String

  /// - Parameter directory: the target of `npm install --prefix`.
  public init(directory: String) { self.directory = directory }

  private var modules: String { "\(directory)/node_modules" }
  private var package: String { "\(modules)/openclaw" }
  static let sizeLimit = 16 << 20

  /// Version, digests, schemas and the Node that it wants.
  ///
  /// `daemon` is the digest of everything that the gateway can load, all of `node_modules`: a line
  /// `<hex sha256>  <path>` a file and `link <target>  <path>` a symbolic link, sorted by the path's
  /// bytes, hashed; npm's own record of the install, `.package-lock.json`, is left out, and every
  /// `.DS_Store`, which Finder puts into the folders that it shows. `cli` is the
  /// digest of the program that the package names as `openclaw`.
  public func read() throws(PortError) -> ReleaseLock.OpenClaw {
    let manifest = try manifest()
    return ReleaseLock.OpenClaw(
      version: manifest.version, daemon: try daemon(),
      cli: try digest(of: "\(package)/\(manifest.program ?? "")"), schemas: manifest.schemas,
      build: buildID, node: manifest.engines?.node, platform: Platform.nodeName)
  }

  /// Changes with any file that is added, removed, written or renamed in the build. A caller that
  /// knows the signature need not read the build again.
  func signature() throws(PortError) -> Digest {
    var hasher = SHA256Hasher()
    try PortError.translating(remedy: remedy) { () throws(SystemError) in
      try Files.walk("\(modules)/.") { path, status in
        let line = "\(path) \(status.inode) \(status.size) \(status.changedNanoseconds)\n"
        hasher.update(Array(line.utf8))
      }
    }
    return Digest(hash: hasher.finalize())
  }

  // MARK: Parts

  /// The needed keys of `package.json`.
  private struct Manifest: Decodable {
    /// Accepts any value: a package is valid without this key.
    struct Engines: Decodable {
      let node: String?

      enum Keys: String, CodingKey { case node }

      init(from decoder: any Decoder) {
        let container = try? decoder.container(keyedBy: Keys.self)
        node = try? container?.decode(String.self, forKey: .node)
      }
    }
    struct OpenClaw: Decodable {
      let schemaVersions: [String: Int]?
    }
    let version: String
    let bin: [String: String]
    let openclaw: OpenClaw?
    let engines: Engines?

    var program: String? {
      bin["openclaw"].flatMap { program in
        program.hasPrefix("/") || program.pathParts.contains("..") ? nil : program
      }
    }
    var schemas: [String: Int]? {
      openclaw?.schemaVersions.flatMap { $0.isEmpty ? nil : $0 }
    }
  }

  private func manifest() throws(PortError) -> Manifest {
    let path = "\(package)/package.json"
    let bytes = try PortError.translating(remedy: remedy) { () throws(SystemError) in
      try Files.read(path, limit: Self.sizeLimit)
    }
    guard let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes)),
      BuildVersion(manifest.version) != nil, manifest.program != nil
    else {
      throw PortError(
        .refused, "\(path) is not OpenClaw's: it lacks its version or its program", remedy: remedy)
    }
    return manifest
  }

  /// Nil where the build does not name itself.
  private var buildID: String? {
    struct Info: Decodable {
      let buildId: String?
    }
    guard let bytes = try? Files.read("\(package)/dist/build-info.json", limit: 1 << 16) else {
      return nil
    }
    return try? JSONDecoder().decode(Info.self, from: Data(bytes)).buildId
  }

  private func daemon() throws(PortError) -> Digest {
    var lines: [(path: String, text: String)] = []
    try PortError.translating { () throws(SystemError) in
      // The dot: `node_modules` itself may be a link to where the installer put it.
      try Files.walk("\(modules)/.") { path, status throws(SystemError) in
        switch status.kind {
        case .directory, .other: return
        case .regular where path == ".package-lock.json": return
        case .regular where path.pathParts.last == ".DS_Store": return
        case .regular:
          // A dependency may bring programs of more than a hundred megabytes.
          let bytes = try Files.read("\(modules)/./\(path)", limit: 1 << 30)
          lines.append((path, "\(SHA256Digest.hex(bytes))  \(path)\n"))
        case .link:
          let target = try Files.linkTarget(of: "\(modules)/./\(path)") ?? ""
          lines.append((path, "link \(target)  \(path)\n"))
        }
      }
    }
    lines.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    var hasher = SHA256Hasher()
    for line in lines { hasher.update(Array(line.text.utf8)) }
    return Digest(hash: hasher.finalize())
  }

  private func digest(of path: String) throws(PortError) -> Digest {
    let bytes = try PortError.translating(remedy: remedy) { () throws(SystemError) in
      try Files.read(path, limit: Self.sizeLimit)
    }
    return Digest(of: bytes)
  }

  private var remedy: String {
    "Install it there:  npm install --prefix \(directory) openclaw@VERSION"
  }
}
