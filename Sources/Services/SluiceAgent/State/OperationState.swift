import SluiceCore
import SluicePorts
import SluiceSystem

/// What an agent remembers across its own restarts. Every change is on disk before it counts.
actor OperationState {
  private let files: StateFiles
  private let executor = BlockingExecutor()
  private let time: any Time
  private(set) var epoch: Epoch
  private(set) var held: ExpectedFile?
  private(set) var accepted: [DoctorFinding]
  private var operations: [OperationID: OperationFile]

  /// Operations that are remembered: two dozen promotions.
  private static let memory = 400

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Reads what is there; refuses a directory with files that it cannot read.
  init(directory: String, time: any Time) throws(PortError) {
    files = StateFiles(directory: directory)
    self.time = time
    try files.prepare()
    epoch = try files.read(EpochFile.self, "epoch.json")?.epoch ?? Epoch(0)
    held = try files.read(ExpectedFile.self, "held.json")
    accepted = try files.read(AcceptedFile.self, "accepted.json")?.findings ?? []
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

  /// A host does one operation after the other: one that another followed has ended, even where the
  /// disk refused to keep how. Taken up again it would undo what followed it.
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

  /// A ledger counts one up with every controller: nobody leads so many while a host is away.
  static let longestStep: Int64 = 1_000
  /// And what a host takes that has seen none.
  static let longestFirst: Int64 = 1_000_000

  /// Refuses a lower epoch than the highest seen, and one that no ledger could have come to since: it
  /// would fence the true writer for ever. A higher one is on disk when this returns.
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

  /// - Parameter before: what it ran, where it was held to nothing yet.
  func hold(
    to release: Release, after commit: String?, from before: Release? = nil
  ) throws(PortError) {
    guard held?.release != release else { return }
    let file = ExpectedFile(
      release: release, previousCommit: commit, previous: held?.release ?? before, since: now)
    try files.write(file, "held.json")
    held = file
  }

  /// Besides those that were accepted before.
  func accept(alsoThese findings: [DoctorFinding]) throws(PortError) {
    try accept(accepted + findings.filter { !$0.isAccepted(by: accepted) })
  }

  func accept(_ findings: [DoctorFinding]) throws(PortError) {
    try files.write(AcceptedFile(findings: findings, since: now), "accepted.json")
    accepted = findings
  }

  /// Best effort: without it the next agent waits for its own.
  func remember(_ reports: [String: DoctorReport], at moment: Moment) {
    try? files.write(DoctorFile(reports: reports, moment: moment), "doctor.json", durable: false)
  }

  /// Doctor's last answer of this boot.
  func rememberedDoctor() -> (reports: [String: DoctorReport], moment: Moment)? {
    guard let file = try? files.read(DoctorFile.self, "doctor.json"),
      let age = time.now().milliseconds(since: file.moment), age >= 0
    else { return nil }
    return (file.reports, file.moment)
  }

  /// The last swing that restarted the gateway; its report tells how long that takes here.
  func lastRestart() -> SwingReport? {
    let swings = operations.values.compactMap { file -> (String, SwingReport)? in
      guard case .swung(let report)? = file.report, report.restarted else { return nil }
      return (file.began, report)
    }
    return swings.max { $0.0 < $1.0 }?.1
  }

  // MARK: Operations

  func operation(_ id: OperationID) -> OperationFile? { operations[id] }

  /// The newest last.
  func recentOperations() -> [OperationID] {
    operations.values.sorted { ($0.number ?? 0, $0.began) < ($1.number ?? 0, $1.began) }
      .suffix(Self.told).map(\.id)
  }

  private static let told = 40

  /// Forgets every writer and what was performed for them; what it is held to and what was accepted
  /// stays. For a host whose epoch came from nobody.
  ///
  /// - Throws: `.refused` while an operation is unfinished: what became of it is not known yet.
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

  /// The one that was begun and has not ended.
  func unfinished() -> OperationFile? { operations.values.first { $0.state == .running } }

  /// What is remembered of an operation; throws `.refused` when the id named another one.
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

  /// Its intent is on disk when this returns. An operation that is remembered is returned as it is.
  /// Throws `.refused` where a later one of the same promotion was begun: a request that was under way
  /// for so long that its writer gave it up would undo what followed. One of a lower epoch does not
  /// count: the writer of this request came after it, and knows what its promotion ordered; without that
  /// an id of somebody's invention would keep a host from its way back for ever.
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

  /// What is not durable must not be there either: the next agent would take it up.
  private func withdraw(_ id: OperationID) -> Bool {
    (try? Files.removeTree(files.path("operations/\(Self.fileName(id))"))) != nil
  }

  func note(_ restart: OperationFile.Restart, of id: OperationID) throws(PortError) {
    guard var file = operations[id] else { return }
    file.restart = restart
    try write(file)
  }

  /// Remembers how it ended. Should the disk refuse, this process knows it all the same.
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

  private func forget() {
    guard operations.count > Self.memory else { return }
    let ended = operations.values.filter { $0.state != .running }
      .sorted { ($0.number ?? 0, $0.began) < ($1.number ?? 0, $1.began) }
    for file in ended.prefix(operations.count - Self.memory) {
      operations[file.id] = nil
      try? Files.removeFile(files.path("operations/\(Self.fileName(file.id))"))
    }
  }

  /// Readable, and never the same for two ids.
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

  private var now: String { Timestamp.text(time.now().wallMilliseconds) }
}
