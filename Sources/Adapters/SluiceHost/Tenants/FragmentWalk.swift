import SluiceCore
import SluiceCrypto
import SluiceSystem
import SluiceYAML

/// One walk through the tenants' fragments. Follows no link, reads no file with a second name, and
/// goes on after a fault: everything that is wrong is told at once.
struct FragmentWalk {
  /// More than any fleet has; what a hostile tree may cost.
  private static let (mostTenants, mostFiles) = (500, 2_000)
  private static let mostBytes = 65_536

  let root: String
  private(set) var files: [String: [String: Digest]] = [:]
  private(set) var fragments: [String: [TenantFragment]] = [:]
  private(set) var faults: [FragmentFault] = []
  private var fileCount = 0

  init(root: String) { self.root = root }

  var survey: FragmentSurvey {
    let left = faults.count - FragmentSurvey.mostFaults
    guard left > 0 else { return FragmentSurvey(files: files, faults: faults) }
    let rest = FragmentFault(
      file: root, message: "\(left + 1) more faults", remedy: "Mend the others first.")
    return FragmentSurvey(
      files: files, faults: faults.prefix(FragmentSurvey.mostFaults - 1) + [rest])
  }

  /// - Parameter only: one tenant; nil: all. Faults of the root itself are told in both cases.
  mutating func all(but only: String? = nil) {
    // No root is no fault: a fleet may have no tenants.
    do throws(SystemError) {
      guard try Files.status(of: root) != nil else { return }
    } catch { return tell([], error) }
    let names = names([])
    for (name, twin) in names.paired where only == nil || name == only {
      guard HostName.isValid(name) else {
        stranger([name], twin, "is no tenant's name", Self.tenantRemedy)
        continue
      }
      guard files.count < Self.mostTenants else {
        return tell([], "holds more than \(Self.mostTenants) tenants", "Move the others away.")
      }
      guard kind([name]) == .directory else {
        tell([name], "is no directory", "A tenant is a real directory, no link: make it one.")
        continue
      }
      files[name] = [:]
      tenant(name)
    }
  }

  private static let tenantRemedy = "Use lower-case letters, digits and -, at most 63 bytes."

  private mutating func tenant(_ tenant: String) {
    var folders: Set<String> = []
    for (name, twin) in names([tenant]).paired {
      if TenantFragments.kinds.contains(name), kind([tenant, name]) == .directory {
        folders.insert(name)
      } else {
        stranger(
          [tenant, name], twin,
          "is none of the folders \(TenantFragments.kinds.joined(separator: ", "))",
          "Move it away; a link is not followed.")
      }
    }
    for folder in TenantFragments.kinds where folders.contains(folder) {
      for (name, twin) in names([tenant, folder]).paired {
        let path = [tenant, folder, name]
        guard FragmentName.isValid(name), kind(path) == .regular,
          SecretScan.reason(String(name.dropLast(5))) == nil
        else {
          stranger(
            path, twin, "is no fragment",
            "A fragment is a plain file named NN-name.yaml, no link; move this one away.")
          continue
        }
        file(tenant, folder, name)
      }
    }
  }

  private mutating func file(_ tenant: String, _ folder: String, _ name: String) {
    let parts = [tenant, folder, name]
    fileCount += 1
    guard fileCount <= Self.mostFiles else {
      if fileCount == Self.mostFiles + 1 {
        tell([], "holds more than \(Self.mostFiles) fragments", "Move the others away.")
      }
      return
    }
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try Files.readPlain(parts, below: root, limit: Self.mostBytes)
    } catch { return tell(parts, error) }
    files[tenant, default: [:]]["\(folder)/\(name)"] = Digest(of: bytes)
    parse(bytes, tenant: tenant, path: "\(folder)/\(name)")
  }

  private mutating func parse(_ bytes: [UInt8], tenant: String, path: String) {
    let file = "\(root)/\(tenant)/\(path)"
    let secrets = SecretScan.findings(in: bytes)
    // An error of the parser might quote the secret: these alone, until they are gone.
    guard secrets.isEmpty else {
      faults += secrets.prefix(FragmentSurvey.mostFaults).map { finding in
        FragmentFault(
          YAMLError(
            file: file, position: .init(line: finding.line, column: finding.column),
            message: "what stands here \(finding.reason)",
            remedy: "Secrets live in the tenant's secrets directory: remove it here, and renew it."
          ))
      }
      return
    }
    do throws(YAMLError) {
      fragments[tenant, default: []].append(
        try FragmentFile.read(bytes, path: path, file: file))
    } catch { faults.append(FragmentFault(error)) }
  }
}

extension FragmentWalk {
  private func kind(_ parts: [String]) -> FileStatus.Kind? {
    (try? Files.status(of: ([root] + parts).joined(separator: "/")))?.kind
  }

  /// Without the system's own names. A directory that cannot be read is a fault and holds nothing.
  private mutating func names(_ folders: [String]) -> FragmentNames {
    do throws(SystemError) {
      let names = try Files.names(inPlain: folders, below: root)
      return FragmentNames(names.filter { !$0.hasPrefix(".") })
    } catch {
      tell(folders, error)
      return FragmentNames([])
    }
  }

  /// A name that does not belong where it stands.
  ///
  /// - Parameter twin: a name beside it that is the same for macOS.
  private mutating func stranger(
    _ parts: [String], _ twin: String?, _ what: String, _ remedy: String
  ) {
    if let reason = SecretScan.reason(parts.last ?? "") {
      return tell(
        parts.dropLast(), "holds a name that \(reason)",
        "Secrets live in the tenant's secrets directory: rename the file, and renew the secret.")
    }
    guard let twin else { return tell(parts, what, remedy) }
    tell(
      parts,
      "differs from \(twin) only by case or by how its letters are composed: macOS takes the two "
        + "for one", "Keep one of the two. \(remedy)")
  }

  private mutating func tell(_ parts: [String], _ error: SystemError) {
    let path = ([root] + parts).joined(separator: "/")
    switch error {
    case _ where error.meansSecondName:
      tell(
        parts, "is a hard link: the file has a second name elsewhere",
        "Copy the file, and put the copy in its place.")
    case _ where error.meansTooLarge:
      tell(parts, "has more than \(Self.mostBytes) bytes", "A fragment declares a boundary only.")
    default:
      faults.append(
        FragmentFault(
          YAMLError(
            file: path, position: .init(line: 1, column: 1),
            message: "this cannot be read (\(error))",
            remedy: error.remedy ?? "See what it is, and who may read it.")))
    }
  }

  private mutating func tell(_ parts: [String], _ what: String, _ remedy: String) {
    faults.append(
      FragmentFault(
        YAMLError(
          file: ([root] + parts).joined(separator: "/"), position: .init(line: 1, column: 1),
          message: "this \(what)", remedy: remedy)))
  }
}

/// The names in a directory, each with a name beside it that macOS takes for the same one.
struct FragmentNames {
  let paired: [(name: String, twin: String?)]

  init(_ names: [String]) {
    var byFolded: [String: [String]] = [:]
    for name in names { byFolded[PackNames.folded(name), default: []].append(name) }
    paired = names.map { name in
      // By bytes: two texts of the same letters are equal.
      let twin = byFolded[PackNames.folded(name)]?.first { !$0.utf8.elementsEqual(name.utf8) }
      return (name, twin)
    }
  }
}

/// `NN-name.yaml`: two digits, then lower-case letters, digits and `-`.
enum FragmentName {
  static func isValid(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard name.hasSuffix(".yaml"), bytes.count > 8, bytes[2] == UInt8(ascii: "-") else {
      return false
    }
    return bytes[..<2].allSatisfy { (0x30...0x39).contains($0) }
      && HostName.isValid(String(name.dropFirst(3).dropLast(5)))
  }
}

extension FragmentFault {
  /// A YAML error is printable already.
  fileprivate init(_ error: YAMLError) {
    self.init(
      file: error.file, line: error.position.line, column: error.position.column,
      message: error.message, remedy: error.remedy)
  }
}
