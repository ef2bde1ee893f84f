import SluiceCore
import SluiceJSON
import SluiceLedger
import SluicePorts

/// Adopts a fleet that was run by hand: places the slices that its gateways serve, and archives the
/// good state. No link, process or share moves.
public struct Adopter: Sendable {
  public typealias Placed = [HostName: Result<PlaceReport, PortError>]

  private let env: Env
  private static let placeDeadline = Duration.seconds(120)
  private static let lookDeadline = Duration.seconds(30)

  public init(env: Env) { self.env = env }

  // MARK: Placing

  /// Places the release's slice on these hosts. A slice that was placed by hand and hashes to the lock
  /// gets its marker.
  ///
  /// - Parameters:
  ///   - name: unique among the ledger's adoptions.
  ///   - mustBeSigned: whether the writer takes signed tags only.
  /// - Throws: `.fenced` while a controller holds the lease; `.refused` for a fleet that Sluice has
  ///   moved. One host's fault stands in the result.
  public func place(
    _ release: Release, on hosts: [HostName], mustBeSigned: Bool, name: String, actor: String,
    reason: String
  ) async throws(PortError) -> Placed {
    try await underLease { (epoch: Epoch, _: [LedgerEntry]) throws(PortError) -> Placed in
      let line = { (content: AdoptionLine.Content) in
        AdoptionLine(
          content, of: release, epoch: epoch, at: env.time.now(), actor: actor, reason: reason
        ).draft
      }
      let operations = hosts.sorted().map { ($0, OperationID(rawValue: "\(name)/\($0)")) }
      guard !operations.isEmpty else { return [:] }
      _ = try await env.ledger.append(
        operations.map { line(.intended($0, $1)) }, mayUseReserve: false)
      let work: HostOperation =
        mustBeSigned ? .placeSigned(release, links: false) : .place(release, links: false)
      let placed = await place(work, release, operations, epoch)
      let proven = operations.filter { host, _ in
        if case .success? = placed[host] { true } else { false }
      }
      if !proven.isEmpty {
        _ = try await env.ledger.append(
          proven.map { line(.placed($0, $1)) }, mayUseReserve: false)
      }
      return placed
    }
  }

  private func place(
    _ work: HostOperation, _ release: Release, _ operations: [(HostName, OperationID)],
    _ epoch: Epoch
  ) async -> Placed {
    await withTaskGroup(of: (HostName, Result<PlaceReport, PortError>).self) { group in
      for (host, id) in operations {
        group.addTask {
          do throws(PortError) {
            return (host, .success(try await place(work, release, on: host, id, epoch)))
          } catch { return (host, .failure(error)) }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  private func place(
    _ work: HostOperation, _ release: Release, on host: HostName, _ id: OperationID, _ epoch: Epoch
  ) async throws(PortError) -> PlaceReport {
    guard let client = env.hosts[host] else {
      throw PortError(.refused, "the fleet has no host \(host)")
    }
    let report = try await client.perform(work, id: id, epoch: epoch, deadline: Self.placeDeadline)
    guard case .placed(let placed) = report else {
      throw .unexpected("\(host)", wanted: "what it placed")
    }
    // The host's report is not the proof: its survey is.
    let survey = try await client.ask(.survey(), deadline: Self.lookDeadline)
    let skills = release.lock.skills
    let wanted = HostSurvey.Slice(version: skills.version, tree: skills.tree, fault: nil)
    guard survey.slices.contains(wanted) else {
      throw PortError(
        .failed, "\(host) says that it placed \(skills.version), and does not show the slice",
        remedy: "See how the host stands:  sluice adopt")
    }
    return placed
  }

  // MARK: Archiving

  /// The archive first, then the line, so that a line always has its archive.
  ///
  /// - Returns: false if this state is archived already; then nothing is written.
  /// - Throws: `.fenced` while a controller holds the lease; `.refused` for a fleet that Sluice has
  ///   moved, whose promotions archive its good state themselves.
  public func adopt(
    _ snapshot: Snapshot, actor: String, reason: String
  ) async throws(PortError) -> Bool {
    try await underLease { (epoch: Epoch, entries: [LedgerEntry]) throws(PortError) -> Bool in
      let record = AdoptionRecord(lastOf: entries)
      if let standing = try await Self.archived(by: record, in: env.archive),
        standing.isSameState(as: snapshot)
      {
        return false
      }
      let bytes: [UInt8]
      do { bytes = try CanonicalJSON.bytes(snapshot) } catch {
        throw PortError(.failed, "the fleet's state cannot be archived: \(error)")
      }
      try await env.archive.write("last_good.json", bytes)
      guard try await env.archive.read("last_good.json") == bytes else {
        throw PortError(
          .altered, "last_good.json is not what was written to it",
          remedy: "Find out which program writes it, and try again.")
      }
      let line = AdoptionLine(
        .adopted(Array(snapshot.hosts.keys), archive: Digest(of: bytes)), of: snapshot.release,
        epoch: epoch, at: env.time.now(), actor: actor, reason: reason)
      _ = try await env.ledger.append([line.draft], mayUseReserve: false)
      return true
    }
  }

  /// The archived state if the record names exactly this file; nil otherwise.
  public static func archived(
    by record: AdoptionRecord?, in archive: any Archive
  ) async throws(PortError) -> Snapshot? {
    guard let digest = record?.archive, let bytes = try await archive.read("last_good.json"),
      Digest(of: bytes) == digest
    else { return nil }
    return try? CanonicalJSON.decode(Snapshot.self, from: bytes)
  }

  private func underLease<Value: Sendable>(
    _ body: (Epoch, [LedgerEntry]) async throws(PortError) -> Value
  ) async throws(PortError) -> Value {
    try await env.underLease(
      note: "sluice adopt", remedy: "See what the controller is doing:  sluice status"
    ) { (ledger: Env.LedgerUnderLease) throws(PortError) in
      if let last = ledger.replay.promotion {
        throw PortError(
          .refused, "Sluice has moved this fleet: its last promotion is \(last.id)",
          remedy: "A promotion archives the good state that it finds:  sluice status")
      }
      return try await body(ledger.epoch, ledger.entries)
    }
  }
}
