import SluiceCore
import SluiceHAProxy
import SluicePorts
import SluiceSystem

/// Keeps the managed HAProxy running, during promotions and between them, and refuses gateways that
/// fail hard while enough others are healthy. The keeper changes nothing else: shares, pins and
/// taking out are the controller's. Without a keeper HAProxy keeps serving by its own check of the
/// gateways.
public actor BalancerKeeper {
  public typealias Probe = @Sendable (HostSpec) async -> MergedProbe?
  /// Whether a gateway's agent answered the last query without details.
  public typealias Untold = @Sendable (HostName) -> Bool

  private let fleet: Fleet
  private let balancer: ManagedHAProxy
  private let time: any Time
  private let probe: Probe
  private let isUntold: Untold
  private let publish: @Sendable (KeeperRecord) -> Void
  private let log: @Sendable (String) -> Void

  private var record: KeeperRecord
  private var written: KeeperRecord?
  private var deafSince: Moment?
  private var floodToldAt: Int64 = 0
  /// The stamp of the certificate that HAProxy loaded last.
  private var certificate: String?

  /// The interval of looks at the process table: the delay before a dead HAProxy is noticed.
  private static let watch: Duration = .milliseconds(100)
  private static let look: Duration = .seconds(1)
  /// A single lost answer does not cause a successor.
  private static let deafMilliseconds: Int64 = 2_000
  private static let floodPause: Int64 = 60_000

  /// - Parameters:
  ///   - record: the record so far; a keeper that reads sluice.yaml again keeps counting.
  ///   - probe: a gateway's merged probe; nil if its agent does not answer within a look's time.
  ///   - publish: receives the record after each change, and every few seconds.
  ///   - log: receives a sentence for each action of the keeper.
  public init(
    fleet: Fleet, balancer: ManagedHAProxy, time: any Time, isService: Bool,
    record: KeeperRecord = KeeperRecord(), probe: @escaping Probe,
    isUntold: @escaping Untold = { _ in false },
    publish: @escaping @Sendable (KeeperRecord) -> Void,
    log: @escaping @Sendable (String) -> Void
  ) {
    self.fleet = fleet
    self.balancer = balancer
    self.time = time
    self.probe = probe
    self.isUntold = isUntold
    self.publish = publish
    self.log = log
    self.record = record
    self.record.process = Processes.identity(of: HostFacts.processIdentifier)
    self.record.isService = isService
  }

  /// Runs until the task is cancelled or `isOver` returns true between two looks. From then on a
  /// dead HAProxy is not started again.
  public func run(until isOver: @escaping @Sendable () async -> Bool) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.keepProcess(until: isOver) }
      group.addTask { await self.keepRefusals() }
      while await !isOver(), (try? await time.sleep(for: Self.look)) != nil {}
      group.cancelAll()
    }
  }

  // MARK: The process

  private func keepProcess(until isOver: @Sendable () async -> Bool) async {
    repeat {
      let isStopped = balancer.isStoppedByOperator()
      if isStopped != record.isStopped {
        record.isStopped = isStopped
        tell()
      }
      if !isStopped, !balancer.hasProcess() {
        if await isOver() { return }
        await revive()
      }
    } while (try? await time.sleep(for: Self.watch)) != nil
  }

  private func revive() async {
    do throws(PortError) {
      guard case .started(let process) = try await balancer.keepUp() else { return }
      noteRestart("HAProxy had died; process \(process.pid) serves with what is on disk")
      await lookOnce()
    } catch {
      await take(error)
      // A retry at once would not mend a taken port or a wrong configuration.
      _ = try? await time.sleep(for: Self.look)
    }
  }

  private func noteRestart(_ sentence: String) {
    record.restarts += 1
    record.lastRestartMilliseconds = time.now().wallMilliseconds
    record.trouble = nil
    deafSince = nil
    log(sentence)
    tell()
  }

  // MARK: Refusals

  private func keepRefusals() async {
    repeat {
      if !record.isStopped, balancer.hasProcess() { await lookOnce() } else { tell() }
    } while (try? await time.sleep(for: Self.look)) != nil
  }

  /// Reads HAProxy and every gateway's probe, and updates HAProxy's refusals.
  func lookOnce() async {
    async let heard = probes()
    do throws(PortError) {
      let seats = try await balancer.seats()
      deafSince = nil
      record.trouble = nil
      try await act(on: seats, await heard)
      try await renewCertificate()
      noteFloods(try await balancer.keptBack())
    } catch {
      _ = await heard
      await take(error)
    }
    tell()
  }

  private func act(
    on seats: [ManagedHAProxy.Seat], _ probes: [HostName: MergedProbe]
  ) async throws(PortError) {
    let candidates = seats.map { seat in
      Admission.Candidate(
        host: seat.host, arm: seat.arm, isServing: seat.isInService,
        hardFailure: probes[seat.host]?.hardFailures.first?.message)
    }
    let admission = Admission(candidates, floor: fleet.capacityFloor)
    var trusted: [HostName: [String]] = [:]
    for seat in seats {
      let refuses = admission.refused[seat.host] != nil
      if refuses != seat.isRefused { try await balancer.refuse(seat.host, refuses) }
      guard !refuses else { continue }
      // A silent agent changes nothing.
      guard let tolerated = probes[seat.host]?.tolerated else { continue }
      if tolerated.isEmpty {
        if !seat.isChecked { try await balancer.trust(seat.host, false) }
      } else {
        // HAProxy's own check would take such a gateway out for good, sooner or later.
        if seat.isChecked || !seat.isUp { try await balancer.trust(seat.host, true) }
        trusted[seat.host] = tolerated
      }
    }
    note(admission)
    record.trusted = trusted
    let without = seats.map(\.host).filter { probes[$0] == nil }.sorted()
    record.silent = without.filter { !isUntold($0) }
    let untold = without.filter(isUntold)
    for host in untold where record.untold?.contains(host) != true {
      log(
        "the agent of \(host) tells this machine no details: \(host) is not refused when it fails "
          + "hard. Name this machine's address in probe_from of that host's sluice.yaml")
    }
    record.untold = untold
  }

  /// Loads a certificate within one look after it changed on disk. A certificate that HAProxy
  /// rejects is reported, and tried again after its next change.
  private func renewCertificate() async throws(PortError) {
    guard let stamp = balancer.certificateStamp(), stamp != certificate else { return }
    let isFirst = certificate == nil
    certificate = stamp
    try await balancer.renewCertificate()
    if !isFirst { log("the certificate was changed: HAProxy serves the new one") }
  }

  /// Reports a flood at its beginning, and again each minute while it continues.
  private func noteFloods(_ kept: ManagedHAProxy.KeptBack) {
    let now = time.now().wallMilliseconds
    var floods = record.floods ?? FloodCount()
    floods.take(kept, at: now)
    let isMore = floods.lastMilliseconds != record.floods?.lastMilliseconds
    record.floods = floods
    guard isMore, now.subtractingClamped(floodToldAt) >= Self.floodPause,
      let news = floods.news(now: now)
    else { return }
    floodToldAt = now
    log("a flood: \(news)")
  }

  private func note(_ admission: Admission) {
    for (host, why) in admission.refused.sorted(by: { $0.key < $1.key })
    where record.admission.refused[host] == nil { log("\(host) is refused: \(why)") }
    for host in record.admission.refused.keys.sorted() where admission.refused[host] == nil {
      log("\(host) is left to its own check again")
    }
    if admission.failsOpen, !record.admission.failsOpen {
      log("too few others are well: nobody is refused")
    }
    record.admission = admission
  }

  private func probes() async -> [HostName: MergedProbe] {
    await withTaskGroup(of: (HostName, MergedProbe?).self) { group in
      for host in fleet.gateways {
        group.addTask { (host.name, await self.probe(host)) }
      }
      var heard: [HostName: MergedProbe] = [:]
      for await (host, answer) in group { heard[host] = answer }
      return heard
    }
  }

  // MARK: Trouble

  /// HAProxy runs but does not answer. If its socket is gone, it gets a successor.
  private func take(_ error: PortError) async {
    let now = time.now()
    let since = deafSince ?? now
    deafSince = since
    let trouble = KeeperRecord.Trouble(error)
    if record.trouble != trouble { log("HAProxy: \(error.message)") }
    record.trouble = trouble
    guard error.kind == .unreachable, balancer.hasProcess(),
      (now.milliseconds(since: since) ?? 0) >= Self.deafMilliseconds
    else { return tell() }
    do throws(PortError) {
      switch try await balancer.replaceDeaf() {
      case .replaced(let process), .started(let process):
        noteRestart("HAProxy had lost its socket; process \(process.pid) took its place")
      case .runs, .stopped: break
      }
    } catch { record.trouble = KeeperRecord.Trouble(error) }
    tell()
  }

  /// Writes the record after a change, and at intervals to show that the keeper is running.
  private func tell() {
    record.atMilliseconds = time.now().wallMilliseconds
    var last = written
    let age = record.atMilliseconds.subtractingClamped(last?.atMilliseconds ?? 0)
    last?.atMilliseconds = record.atMilliseconds
    guard last != record || age >= KeeperRecord.interval.wholeMilliseconds || age < 0 else {
      return
    }
    written = record
    publish(record)
  }
}

extension MergedProbe {
  /// Components for which the gateway's own readiness fails although the gateway serves; empty if
  /// the answer is too old.
  fileprivate var tolerated: [String] {
    guard let serving, serving.ready, !reasons.contains(where: { $0.check == "age" }) else {
      return []
    }
    return serving.tolerated
  }
}
