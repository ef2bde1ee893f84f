import SluiceCore
import SluicePorts
import SluiceSystem

/// The tenants' secrets in `<root>/<tenant>/`. Looks at owner, mode, access list and form of every
/// file, follows no link, and keeps no byte of what it reads.
public struct DirectorySecretStore: SecretStore {
  private static let (mostEntries, mostDepth, mostBytes) = (500, 4, 1 << 20)

  private let root: String
  private let lister: AccessLister?

  /// - Parameter root: absolute.
  public init(root: String) { self.init(root: root, lister: .ofSystem()) }

  init(root: String, lister: AccessLister?) {
    self.root = root
    self.lister = lister
  }

  public func survey(gateway: UInt32?) async throws(PortError) -> SecretSurvey {
    var survey = SecretSurvey()
    let status = try PortError.translating { () throws(SystemError) in
      try Files.status(of: root)
    }
    guard let status else { return survey }
    guard status.kind == .directory else {
      survey.faults = ["\(root) is no directory. Secrets of a tenant lie in \(root)/TENANT."]
      return survey
    }
    var look = Look(
      root: root, lister: lister,
      rules: SecretRules(
        owners: Set([0, HostFacts.userIdentifier] + (gateway.map { [$0] } ?? []))))
    await look.judge([], status, mustBeClosed: false)
    await look.directory([])
    return look.result
  }

  /// One walk through the secrets.
  private struct Look {
    let root: String
    let lister: AccessLister?
    let rules: SecretRules
    var survey = SecretSurvey()
    var entries = 0
    var readers: Set<String> = []
    var unread = 0
    var unlisted = 0

    var result: SecretSurvey {
      var survey = survey
      survey.readers = readers.sorted()
      if unread > 0 {
        survey.remarks.append(
          "The agent's account may not read \(unread) of the files, so they were not parsed.")
      }
      if unlisted > 0 {
        survey.remarks.append(
          lister == nil
            ? "There is no getfacl here: modes were checked, access lists were not."
            : "The access lists of \(unlisted) files could not be read.")
      }
      return survey
    }

    mutating func directory(_ folders: [String]) async {
      let names: [String]
      do throws(SystemError) {
        names = try Files.names(inPlain: folders, below: root).filter { !$0.hasPrefix(".") }
      } catch {
        if folders.isEmpty || error.isOfMachine { unread += 1 } else { tell(folders, error) }
        return
      }
      for name in names {
        entries += 1
        guard entries <= mostEntries else {
          if entries == mostEntries + 1 {
            survey.faults.append("\(root) holds more than \(mostEntries) files. See what they are.")
          }
          return
        }
        await entry(folders + [name], name)
      }
    }

    private mutating func entry(_ parts: [String], _ name: String) async {
      guard isPrintable(name), SecretScan.reason(name) == nil else {
        survey.faults.append(
          "\(shown(parts.dropLast())) holds a file whose name looks like a secret, or is none that "
            + "can be shown. Rename the file.")
        return
      }
      guard let status = (try? Files.status(of: shown(parts))) ?? nil else { return }
      switch status.kind {
      case .directory:
        if parts.count == 1 { survey.tenants += 1 }
        await judge(parts, status)
        if parts.count < mostDepth { await directory(parts) } else { tooDeep(parts) }
      case .regular where parts.count > 1:
        survey.files += 1
        await judge(parts, status)
        parse(parts, name, status)
      case .regular, .link, .other:
        survey.faults.append(
          "\(shown(parts)) is no plain file of a tenant: links are not followed. Put a plain file "
            + "into \(root)/TENANT.")
      }
    }

    mutating func judge(
      _ parts: [String], _ status: FileStatus, mustBeClosed: Bool = true
    ) async {
      let path = shown(parts)
      let list = await lister?.entries(of: path)
      if list == nil { unlisted += 1 }
      survey.faults += rules.faults(
        of: status, list ?? [], at: path, mustBeClosed: mustBeClosed)
      readers.formUnion((list ?? []).filter { $0.reads && !$0.writes }.map(\.who))
    }

    private mutating func parse(_ parts: [String], _ name: String, _ status: FileStatus) {
      guard status.linkCount == 1 else {
        survey.faults.append(
          "\(shown(parts)) is a hard link: the secret has a second name elsewhere. Copy the file, and "
            + "put the copy in its place.")
        return
      }
      guard let form = SecretForm(name: name) else { return }
      do throws(SystemError) {
        let bytes = try Files.readPlain(parts, below: root, limit: mostBytes)
        guard let fault = form.fault(in: bytes) else { return }
        survey.faults.append(
          "\(shown(parts)) \(fault). Mend it there; its content stays on this host.")
      } catch {
        if error.isOfMachine { unread += 1 } else { tell(parts, error) }
      }
    }

    private mutating func tooDeep(_ parts: [String]) {
      survey.faults.append(
        "\(shown(parts)) lies more than \(mostDepth) folders deep. Move the files up.")
    }

    private mutating func tell(_ parts: [String], _ error: SystemError) {
      survey.faults.append(
        "\(error). " + (error.remedy ?? "See what \(shown(parts)) is, and who put it there."))
    }

    private func shown(_ parts: some Sequence<String>) -> String {
      ([root] + parts).joined(separator: "/")
    }

    private func isPrintable(_ name: String) -> Bool {
      name.utf8.allSatisfy { (0x21...0x7E).contains($0) } && name.utf8.count <= 128
    }
  }
}
