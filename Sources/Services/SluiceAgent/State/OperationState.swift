import SluiceCore
import SluicePorts
import SluiceSystem

/// The agent's memory across restarts. Every change is on disk before it counts.
actor OperationState {
  let files: StateFiles
  private let executor = BlockingExecutor()
  private let time: any Time
  var deadMan: DeadManFile
  private(set) var epoch: Epoch
  private(set) var held: ExpectedFile?
  private(set) var accepted: [DoctorFinding]
  private var operations: [OperationID: OperationFile]

  /// The number of operation records kept: two dozen promotions.
  private static let memory = 400

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Reads the directory; refuses a directory with unreadable files.
  init(directory: String, time: any Time) throws(PortError) {
    files = StateFiles(directory: directory)
    self.time = time
    try files.prepare()
    epoch = try files.read(EpochFile.self, "epoch.json")?.epoch ?? Epoch(0)
    held = try files.read(ExpectedFile.self, "held.json")
    accepted = try files.read(AcceptedFile.self, "accepted.json")?.findings ?? []
    deadMan = try files.read(DeadManFile.self, "dead-man.json") ?? DeadManFile()
    operations = try Self.readOperations(files)
  }

  private static func readOperations(
    _ files: StateFiles
  ) throws(PortError) -> [OperationID: OperationFile] {
    let names: [String]
    do throws(SystemError) { names = try Files.names(in: files.path("operations")) } catch {
      throw PortError(error)
    }
    var operations: [OperationID: OperationFile] = [:]
    for name in names where name.hasSuffix(".json") && !name.hasPrefix(".") {
      guard let file = try files.read(OperationFile.self, "operations/\(name)") else { continue }
      operations[file.id] = file
    }
    return operations.mapValues { superseded($0, operations) }
  }

  /// A host runs one operation after another, so an operation with a successor has ended, even if
  /// the disk refused to record its end. Resuming it would undo its successor.
  private static func superseded(
    _ file: OperationFile, _ operations: [OperationID: OperationFile]
  ) -> OperationFile {
    guard file.state == .running, let number = file.number,
      let next = operations.values.first(where: { ($0.number ?? 0) > number })
    else { return file }
    var file = file
    file.state = .failed
    file.error = PortError(
      .failed, "how operation \(file.id) ended could not be kept; \(next.id) followed it",
      remedy: "Check the disk of that host.")
    return file
  }

  // MARK: Fence

  /// A ledger raises the epoch by one for each controller. So many controllers cannot pass while a
  /// host is away.
  static let longestStep: Int64 = 1_000
  /// The highest epoch that a host without an epoch accepts.
  static let longestFirst: Int64 = 1_000_000

  /// Refuses an epoch below the highest seen, and one so high that no ledger could have reached it
  /// since: such an epoch would fence the true writer for ever. A higher epoch is on disk when this
  /// returns.
  func admit(_ epoch: Epoch, host: HostName) throws(PortError) {
    guard epoch >= self.epoch else {
      throw PortError(
        .fenced, "\(host) has seen epoch \(self.epoch), this is \(epoch): another writer took over",
        remedy: "See who holds the lease:  sluice status")
    }
    guard epoch > self.epoch else { return }
    let step = self.epoch == Epoch(0) ? Self.longestFirst : Self.longestStep
    guard epoch.number - self.epoch.number <= step else {
      throw PortError(
        .refused,
        "\(host) has seen epoch \(self.epoch) and takes none above \(self.epoch.number + step), this "
          + "is \(epoch)",
        remedy: "Is it the ledger's?  sluice audit log --json --all   If it is, stop the host's "
          + "agent and run there:  sluice agent --host \(host) --reset-epoch")
    }
    try files.write(EpochFile(epoch: epoch), "epoch.json")
    self.epoch = epoch
  }

  // MARK: Release and findings

  /// - Parameter before: the release that the host ran, if no release was recorded yet.
  func hold(
    to release: Release, after commit: String?, from before: Release? = nil
  ) throws(PortError) {
    guard held?.release != release else { return }
    let file = ExpectedFile(
      release: release, previousCommit: commit, previous: held?.release ?? before, since: now)
    try files.write(file, "held.json")
    held = file
  }

  /// Accepts these findings in addition to those accepted before.
  func accept(alsoThese findings: [DoctorFinding]) throws(PortError) {
    try accept(accepted + findings.filter { !$0.isAccepted(by: accepted) })
  }

  func accept(_ findings: [DoctorFinding]) throws(PortError) {
    try files.write(AcceptedFile(findings: findings, since: now), "accepted.json")
    accepted = findings
  }

  /// A failure is ignored: the next agent then waits for its own run of Doctor.
  func remember(_ reports: [String: DoctorReport], at moment: Moment) {
    try? files.write(DoctorFile(reports: reports, moment: moment), "doctor.json", durable: false)
  }

  /// Doctor's last answer within this boot.
  func rememberedDoctor() -> (reports: [String: DoctorReport], moment: Moment)? {
    guard let file = try? files.read(DoctorFile.self, "doctor.json"),
      let age = time.now().milliseconds(since: file.moment), age >= 0
    else { return nil }
    return (file.reports, file.moment)
  }

  /// The last swing that restarted the gateway, whose report contains the durations on this host.
  func lastRestart() -> SwingReport? {
    let swings = operations.values.compactMap { file -> (String, SwingReport)? in
      guard case .swung(let report)? = file.report, report.restarted else { return nil }
      return (file.began, report)
    }
    return swings.max { $0.0 < $1.0 }?.1
  }

  // MARK: Operations

  func operation(_ id: OperationID) -> OperationFile? { operations[id] }

  /// Newest last.
  func recentOperations() -> [OperationID] {
    operations.values.sorted { ($0.number ?? 0, $0.began) < ($1.number ?? 0, $1.began) }
      .suffix(Self.told).map(\.id)
  }

  private static let told = 40

  /// Forgets all epochs and operation records. The recorded release and the accepted findings stay.
  /// For a host whose epoch belongs to no ledger.
  ///
  /// - Throws: `.refused` while an operation is unfinished, because its result is unknown.
  func reset() throws(PortError) -> (epoch: Epoch, operations: Int) {
    if let open = unfinished() {
      throw PortError(
        .refused, "operation \(open.id) has not ended here",
        remedy: "Start the agent, let it finish that, stop it, and try again.")
    }
    let before = (epoch, operations.count)
    try files.write(EpochFile(epoch: Epoch(0)), "epoch.json")
    epoch = Epoch(0)
    for id in operations.keys {
      do throws(SystemError) {
        try Files.removeTree(files.path("operations/\(Self.fileName(id))"))
      } catch { throw PortError(error) }
      operations[id] = nil
    }
    return before
  }

  /// The operation that has begun and not ended.
  func unfinished() -> OperationFile? { operations.values.first { $0.state == .running } }

  /// The record of an operation; throws `.refused` if the id belongs to a different operation.
  func remembered(
    _ id: OperationID, _ operation: HostOperation
  ) throws(PortError) -> OperationFile? {
    guard let known = operations[id] else { return nil }
    guard known.operation == operation else {
      throw PortError(
        .refused, "operation \(id) was something else before",
        remedy: "An id names one operation for ever: this ledger and this host do not belong "
          + "together.")
    }
    return known
  }

  /// Begins an operation; its intent is on disk when this returns. A recorded operation is returned
  /// as it is. Throws `.refused` if a later operation of the same promotion has begun: a request so
  /// late that its writer gave it up would undo the later one. A later operation of a lower epoch
  /// does not count, because the writer of this request came after it and knows its promotion's
  /// orders. Otherwise an invented id could keep a host from its rollback for ever.
  func begin(
    _ id: OperationID, _ epoch: Epoch, _ operation: HostOperation
  ) throws(PortError) -> OperationFile {
    if let known = try remembered(id, operation) { return known }
    if let later = operations.values.first(where: { $0.id.isLater(than: id) && $0.epoch >= epoch })?
      .id
    {
      throw PortError(
        .refused, "operation \(id) came too late: \(later) was begun before it",
        remedy: "Nothing was moved by it. See how its promotion went on:  sluice status")
    }
    let number = (operations.values.compactMap(\.number).max() ?? 0) + 1
    let file = OperationFile(
      id: id, epoch: epoch, operation: operation, state: .running, began: now, number: number)
    do throws(PortError) { try write(file) } catch {
      throw withdraw(id)
        ? error
        : PortError(
          .unknown, "whether operation \(id) is on record is not certain: \(error.message)",
          remedy: error.remedy)
    }
    return file
  }

  /// An intent that is not durable must not be on disk either, because the next agent would resume
  /// it.
  private func withdraw(_ id: OperationID) -> Bool {
    (try? Files.removeTree(files.path("operations/\(Self.fileName(id))"))) != nil
  }

  func note(_ restart: OperationFile.Restart, of id: OperationID) throws(PortError) {
    guard var file = operations[id] else { return }
    file.restart = restart
    try write(file)
  }

  /// Records the result. If the disk refuses, this process still knows it.
  func finish(_ id: OperationID, _ result: Result<HostReport, PortError>) {
    guard var file = operations[id] else { return }
    file.ended = now
    switch result {
    case .success(let report):
      file.state = .done
      file.report = report
    case .failure(let error):
      file.state = .failed
      file.error = error
    }
    operations[id] = file
    try? write(file)
    files.reserve.keep()
    forget()
  }

  private func write(_ file: OperationFile) throws(PortError) {
    try files.write(file, "operations/\(Self.fileName(file.id))")
    operations[file.id] = file
  }

  // MARK: Items

  /// Every record, for `sluice gc`.
  func items() throws(PortError) -> [StoredItem] {
    let newest = recentOperations().last
    var items: [StoredItem] = []
    for file in operations.values {
      let status: FileStatus?
      do throws(SystemError) {
        status = try Files.status(of: files.path("operations/\(Self.fileName(file.id))"))
      } catch { throw PortError(error) }
      let uses =
        file.state == .running
        ? ["the operation has not ended"] : file.id == newest ? ["the host's last operation"] : []
      items.append(
        StoredItem(
          .init(.operation, file.id.rawValue), bytes: status?.allocatedBytes ?? 0,
          changedAtMilliseconds: (status?.changedNanoseconds ?? 0) / 1_000_000, operation: file.id,
          uses: uses))
    }
    return items
  }

  /// Forgets an operation that has ended.
  func remove(_ item: StoredItem.ID) throws(PortError) {
    let id = OperationID(rawValue: item.name)
    guard item.kind == .operation, let file = operations[id] else {
      throw PortError(.refused, "this host has no record of an operation \(item.name.prefix(200))")
    }
    guard file.state != .running, id != recentOperations().last else {
      throw PortError(.refused, "the record of \(id) is in use")
    }
    do throws(SystemError) {
      try Files.removeTree(files.path("operations/\(Self.fileName(id))"))
    } catch { throw PortError(error) }
    operations[id] = nil
  }

  private func forget() {
    guard operations.count > Self.memory else { return }
    let ended = operations.values.filter { $0.state != .running }
      .sorted { ($0.number ?? 0, $0.began) < ($1.number ?? 0, $1.began) }
    for file in ended.prefix(operations.count - Self.memory) {
      operations[file.id] = nil
      try? Files.removeFile(files.path("operations/\(Self.fileName(file.id))"))
    }
  }

  /// Readable, and unique for each id.
  static func fileName(_ id: OperationID) -> String {
    let kept = id.rawValue.utf8.prefix(60).map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        byte
      default: UInt8(ascii: "_")
      }
    }
    let digest = Digest(of: Array(id.rawValue.utf8)).text.suffix(16)
    return "\(String(decoding: kept, as: UTF8.self))-\(digest).json"
  }

  var now: String { Timestamp.text(time.now().wallMilliseconds) }
}

extension PortError {
  /// The error of an operation that has ended. A writer asks again when an answer was lost, and this
  /// answer is not lost: the agent could not reach something behind it, a gateway or a remote.
  var ofEndedOperation: PortError {
    kind == .unreachable || kind == .unknown
      ? PortError(.failed, message, remedy: remedy) : self
  }
}
