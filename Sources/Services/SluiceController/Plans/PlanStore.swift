import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceStatus
import SluiceSystem

/// Stored plans, one file each in the writer's state directory.
public struct PlanStore: Sendable {
  private let directory: String
  private static let kept = 20

  public init(_ writer: WriterSpec) { directory = "\(writer.state)/plans" }

  /// Whether a name is a plan's digest or its beginning, and not a release's tag.
  public static func isDigest(_ name: String) -> Bool {
    name.utf8.count >= 4 && name.allSatisfy { $0.isHexDigit && !$0.isUppercase }
  }

  /// Stores a plan if it can run.
  public func keep(_ reading: PlanReading) throws(PortError) {
    guard let document = reading.document, document.blockers.isEmpty else { return }
    try write(document)
  }

  public func write(_ document: PlanDocument) throws(PortError) {
    do {
      let bytes = try CanonicalJSON.bytes(document)
      try Files.makePrivateDirectory(directory)
      let put = { () throws(SystemError) in
        try Files.replace("\(directory)/\(Self.name(document.digest))", with: bytes, mode: 0o600)
      }
      if document.plan.purpose.goesForward { try put() } else { try reserve.spend(on: put) }
      try prune()
      reserve.keep()
    } catch {
      throw PortError(
        .failed, "the plan cannot be kept in \(directory): \(error)",
        remedy: (error as? SystemError)?.ownRemedy)
    }
  }

  /// The plan whose digest has this prefix; `.refused` if none or several match, or the text is no
  /// prefix.
  public func find(_ prefix: String) throws(PortError) -> PlanDocument {
    let names = ((try? Files.names(in: directory)) ?? []).filter { $0.hasSuffix(Self.planSuffix) }
    let found = prefix.utf8.count >= 4 ? names.filter { $0.hasPrefix(prefix) } : []
    guard let name = found.first else {
      throw PortError(
        .refused, "there is no plan \(prefix) in \(directory)", remedy: "Read one:  sluice plan TAG"
      )
    }
    guard found.count == 1 else {
      throw PortError(
        .refused, "\(found.count) plans begin with \(prefix)", remedy: "Type more of its digest.")
    }
    do {
      return try CanonicalJSON.decode(
        PlanDocument.self, from: try Files.read("\(directory)/\(name)"))
    } catch {
      throw PortError(
        .failed, "\(directory)/\(name) cannot be read: \(error)",
        remedy: "Read the plan again:  sluice plan TAG")
    }
  }

  /// All stored plans whose content matches their name, newest first.
  func sound() -> [PlanDocument] {
    let names = ((try? Files.names(in: directory)) ?? []).filter { $0.hasSuffix(Self.planSuffix) }
    return names.compactMap { name -> PlanDocument? in
      guard let bytes = try? Files.read("\(directory)/\(name)"),
        let document = try? CanonicalJSON.decode(PlanDocument.self, from: bytes),
        Self.name(document.digest) == name, (try? document.plan.digest()) == document.digest
      else { return nil }
      return document
    }.sorted { $0.plan.madeAtMilliseconds > $1.plan.madeAtMilliseconds }
  }

  // MARK: Approvals

  /// Stores the approval beside its plan; a later one replaces it.
  public func write(_ approval: Approval) throws(PortError) {
    do {
      let bytes = try CanonicalJSON.bytes(approval)
      try Files.replace(
        "\(directory)/\(Self.approvalName(approval.plan))", with: bytes, mode: 0o600)
    } catch { throw PortError(.failed, "the approval cannot be kept in \(directory): \(error)") }
  }

  /// Nil without an approval of the plan.
  public func approval(of plan: Digest) throws(PortError) -> Approval? {
    let path = "\(directory)/\(Self.approvalName(plan))"
    do {
      guard try Files.status(of: path) != nil else { return nil }
      return try CanonicalJSON.decode(Approval.self, from: try Files.read(path))
    } catch {
      throw PortError(
        .failed, "\(path) cannot be read: \(error)",
        remedy: "Approve the plan again:  sluice approve")
    }
  }

  /// Allows writing a rollback's plan on a full disk.
  private var reserve: SpaceReserve { SpaceReserve(path: "\(directory)/reserve", size: 256 << 10) }

  private static let planSuffix = ".json"
  private static let approvalSuffix = ".approval"

  private static func name(_ digest: Digest) -> String { digest.hex + planSuffix }
  private static func approvalName(_ digest: Digest) -> String { digest.hex + approvalSuffix }

  /// Removes the oldest plans beyond the limit; nothing else refers to them.
  private func prune() throws(SystemError) {
    let names = try Files.names(in: directory).filter { $0.hasSuffix(Self.planSuffix) }
    guard names.count > Self.kept else { return }
    var aged: [(age: Int64, name: String)] = []
    for name in names {
      let status = try Files.status(of: "\(directory)/\(name)")
      aged.append((status?.modifiedMilliseconds ?? 0, name))
    }
    for file in aged.sorted(by: { $0.age > $1.age }).dropFirst(Self.kept) {
      let plan = "\(directory)/\(file.name.dropLast(Self.planSuffix.count))"
      try Files.removeFile(plan + Self.planSuffix)
      try Files.removeTree(plan + Self.approvalSuffix)
    }
  }
}
