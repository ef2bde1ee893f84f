import SluiceCore
import SluiceCrypto
import SluicePorts
import SluiceSystem
import SluiceYAML

/// The tenants' fragments: `<root>/<tenant>/{gateway,doctor,webhook,skills}.d/NN-name.yaml`.
///
/// Files merge in byte order of their names, the kinds in the order above. Names that begin with a
/// dot are the system's own (`.DS_Store`) and count for nothing.
public struct TenantFragments: FragmentStore {
  public static let kinds = ["gateway.d", "doctor.d", "webhook.d", "skills.d"]

  let root: String

  /// - Parameter root: absolute.
  public init(root: String) { self.root = root }

  /// Over `<hex sha256>  <kind>.d/<name>\n` of every fragment, sorted by path, as for a skill tree.
  public func digests() throws(PortError) -> [String: Digest] {
    var digests: [String: Digest] = [:]
    for tenant in try tenants() {
      var entries: [SkillManifest.Entry] = []
      for path in try fragments(of: tenant).paths {
        entries.append(.init(path: path, hash: SHA256Digest.hex(try read(tenant, path))))
      }
      digests[tenant] = SkillManifest(entries).digest
    }
    return digests
  }

  public func faults() throws(PortError) -> [String] {
    var faults: [String] = []
    for name in try names(root) where !HostName.isValid(name) {
      faults.append(
        Self.fault(
          "\(root)/\(name)", "is no tenant's name",
          "Use lower-case letters, digits and -, at most 63 bytes."))
    }
    for tenant in try tenants() {
      let found = try fragments(of: tenant)
      faults += found.faults
      for path in found.paths { faults += try self.faults(tenant, path) }
    }
    return faults
  }

  /// The boundary from all fragments of the tenant.
  ///
  /// - Throws: `.refused` with the first fault.
  public func boundary(of tenant: String) throws(PortError) -> TenantBoundary {
    guard try tenants().contains(tenant) else {
      throw PortError(
        .refused, "\(root) has no tenant \"\(tenant.prefix(80))\"",
        remedy: "Its directories are the tenants: list them with ls.")
    }
    let found = try fragments(of: tenant)
    if let fault = found.faults.first { throw PortError(.refused, fault) }
    var boundary = TenantBoundary()
    for path in found.paths {
      if let fault = try faults(tenant, path).first { throw PortError(.refused, fault) }
      let bytes = try read(tenant, path)
      do { boundary.merge(try TenantFragment.read(bytes, file: file(tenant, path))) } catch {
        throw PortError(.refused, error.description)
      }
    }
    return boundary
  }

  /// Directories with a tenant's name, in byte order.
  public func tenants() throws(PortError) -> [String] {
    var tenants: [String] = []
    for name in try names(root) where HostName.isValid(name) {
      guard try kind("\(root)/\(name)") == .directory else {
        throw PortError(
          .refused, "\(root)/\(name) is no directory",
          remedy: "A tenant is a real directory, no link: move its fragments there.")
      }
      tenants.append(name)
    }
    return tenants
  }
}

extension TenantFragments {
  private func file(_ tenant: String, _ path: String) -> String { "\(root)/\(tenant)/\(path)" }

  private func read(_ tenant: String, _ path: String) throws(PortError) -> [UInt8] {
    try PortError.translating { () throws(SystemError) in
      try Files.read(file(tenant, path), limit: 1 << 20)
    }
  }

  private func kind(_ path: String) throws(PortError) -> FileStatus.Kind? {
    try PortError.translating { () throws(SystemError) in try Files.status(of: path)?.kind }
  }

  private func names(_ directory: String) throws(PortError) -> [String] {
    guard try kind(directory) != nil else { return [] }
    let names = try PortError.translating { () throws(SystemError) in
      try Files.names(in: directory)
    }
    return names.filter { !$0.hasPrefix(".") }
  }

  /// Paths in the tenant's directory in the order of their merging, and what else lies there.
  private func fragments(
    of tenant: String
  ) throws(PortError) -> (paths: [String], faults: [String]) {
    let directory = "\(root)/\(tenant)"
    var faults: [String] = []
    var folders: Set<String> = []
    for name in try names(directory) {
      let kind = try kind("\(directory)/\(name)")
      if Self.kinds.contains(name), kind == .directory {
        folders.insert(name)
      } else {
        faults.append(
          Self.fault(
            "\(directory)/\(name)", "is none of the folders \(Self.kinds.joined(separator: ", "))",
            "Move it away; a link is not followed."))
      }
    }
    var paths: [String] = []
    for folder in Self.kinds where folders.contains(folder) {
      for name in try names("\(directory)/\(folder)") {
        let kind = try kind("\(directory)/\(folder)/\(name)")
        if Self.isFragmentName(name), kind == .regular {
          paths.append("\(folder)/\(name)")
        } else {
          faults.append(
            Self.fault(
              "\(directory)/\(folder)/\(name)", "is no fragment",
              "A fragment is a plain file named NN-name.yaml, no link; move this one away."))
        }
      }
    }
    return (paths, faults)
  }

  private func faults(_ tenant: String, _ path: String) throws(PortError) -> [String] {
    let bytes = try read(tenant, path)
    let file = file(tenant, path)
    let secrets = SecretScan.findings(in: bytes)
    // An error of the parser might quote the secret: these alone, until they are gone.
    guard secrets.isEmpty else {
      return secrets.map { finding in
        YAMLError(
          file: file, position: .init(line: finding.line, column: finding.column),
          message: "what stands here \(finding.reason)",
          remedy: "Secrets live in the tenant's secrets directory: remove it here, and renew it."
        ).description
      }
    }
    do {
      _ = try TenantFragment.read(bytes, file: file)
      return []
    } catch { return [error.description] }
  }

  private static func fault(_ path: String, _ what: String, _ remedy: String) -> String {
    YAMLError(
      file: path, position: .init(line: 1, column: 1), message: "this \(what)", remedy: remedy
    ).description
  }

  /// `NN-name.yaml`: two digits, then lower-case letters, digits and `-`.
  private static func isFragmentName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard name.hasSuffix(".yaml"), bytes.count > 8, bytes[2] == UInt8(ascii: "-") else {
      return false
    }
    return bytes[..<2].allSatisfy { (0x30...0x39).contains($0) }
      && HostName.isValid(String(name.dropFirst(3).dropLast(5)))
  }
}
