import SluiceCore
import SluiceController
import SluiceHAProxy
import SluiceHTTP
import SluiceLedgerStore
import SluiceLedger
import SluiceAgentClient
import SluicePorts
import SluiceSimulator
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

/// The real `sluice controller` with real files and a real HAProxy, before simulated hosts that
/// answer at once, over real sockets: what it does to its own disk is all that takes time.
final class WriterWorld: Sendable {
  static let names = [HostName("mac-a"), HostName("mac-b")]
  static let threeNames = names + [HostName("mac-c")]
  static let old = ExampleFleet.release("1.4.1")
  static let new = ExampleFleet.release("1.4.2")

  let home: TemporaryDirectory
  let fleet: Fleet
  let balancer: ManagedHAProxy
  let hosts: [HostName: ChangingHost]
  /// Of everything that the controller writes.
  let injector: Injector
  /// Of the ledger, what stands beside it, and the writer's private state.
  let ledgerInjector: Injector
  /// Where ledger, state and the balancer's files lie, when that is a small disk.
  let disk: SmallDisk?
  private let gateways: [StubGateway]
  private let probes: [StubGateway]

  private init(megabytes: Int?, names: [HostName]) throws {
    let home = try TemporaryDirectory()
    self.home = home
    disk = try megabytes.flatMap { try SmallDisk.mounted(megabytes: $0, at: home("disk")) }
    gateways = try names.map { _ in try StubGateway() }
    probes = try names.map { _ in try StubGateway() }
    let addresses = zip(gateways, probes).map { (gateway: $0.port, probe: $1.port) }
    let bind = try PortFinder.freeLoopbackPorts(1)[0]
    let text = Self.description(
      home.path, Dictionary(uniqueKeysWithValues: zip(names, addresses)), bind: bind)
    try Files.replace(home("sluice.yaml"), with: Array(text.utf8), durable: false)
    fleet = try FleetLoader.load(home("sluice.yaml"))
    balancer = try ManagedHAProxy(
      try #require(fleet.balancer.managed), fleet: fleet, time: SystemTime())
    hosts = Dictionary(uniqueKeysWithValues: names.map { ($0, ChangingHost($0)) })
    injector = Injector(
      directories: ["audit", "state", "lb"].map { home("disk/\($0)") }, report: home("calls"))
    ledgerInjector = Injector(
      directories: ["audit", "state"].map { home("disk/\($0)") }, report: home("calls"))
  }

  /// Runs the body with everything at work, and ends it.
  ///
  /// - Parameter megabytes: the size of its disk; nil: it has one without a bound of its own.
  static func with(
    megabytes: Int? = nil, names: [HostName] = names,
    _ body: @Sendable @escaping (WriterWorld) async throws -> Void
  ) async throws {
    let world = try WriterWorld(megabytes: megabytes, names: names)
    defer { world.disk?.unmount() }
    _ = try await world.balancer.ensureRunning()
    let listeners = try names.map { name in
      (name, try SocketListener.listen(.unix(path: world.home("\(name).sock"))))
    }
    let result: Result<Void, any Error> = await withTaskGroup(of: Void.self) { group in
      for (name, listener) in listeners {
        guard let host = world.hosts[name] else { continue }
        let server = AgentServer(node: host, version: SluiceVersion.text)
        group.addTask { await server.serve(listener.connections) }
      }
      let result: Result<Void, any Error>
      do { result = .success(try await body(world)) } catch { result = .failure(error) }
      for (_, listener) in listeners { listener.close() }
      group.cancelAll()
      return result
    }
    let leftovers = Leftovers(of: world)
    try await leftovers.end()
    for stub in world.gateways + world.probes { stub.stop() }
    try result.get()
  }

  /// The keeper that `sluice` started, while it runs.
  var keeper: ProcessIdentity? {
    KeeperSight.take(balancer.files, now: SystemClock.wallMilliseconds()).record?.process
  }

  private static func description(
    _ home: String, _ addresses: [HostName: (gateway: UInt16, probe: UInt16)], bind: UInt16
  ) -> String {
    let hosts = addresses.sorted { $0.key < $1.key }.map { name, ports in
      """
        - name: \(name)
          arm: \(name == names[0] ? "canary" : "stable")
          socket: \(home)/\(name).sock
          gateway: 127.0.0.1:\(ports.gateway)
          probe: 127.0.0.1:\(ports.probe)
          openclaw: {cli: /bin/false, token_file: /token, service: {systemd: {unit: none}}}
      """
    }
    return """
      fleet: real
      writer:
        infra: \(home)/infra
        ledger: \(home)/disk/audit/promotions.jsonl
        state: \(home)/disk/state
      hosts:
      \(hosts.joined(separator: "\n"))
      balancer: {kind: managed, bind: "127.0.0.1:\(bind)", directory: \(home)/disk/lb}
      ramp:
        - {share: 5%, hold: 0ms}
      judge: {minimum_sessions: 1, interval: 100ms, progress: 60s}
      probe: {interval: 100ms, maximum_age: 10s}
      swing: {restart: always, drain: 1s, start: 20s}
      bake: 0ms

      """
  }

  // MARK: One run after the other

  /// The fleet on the new release, nothing in the ledger, and a plan to go back at once.
  func prepareRevert() async throws -> Digest {
    try await forget()
    var surveys = try await surveys()
    let snapshot = try snapshot(of: Self.old, surveys)
    for host in hosts.values { try await host.current.move(to: Self.new) }
    surveys = try await self.surveys()
    return try keep(
      Plan(
        purpose: .promote, from: Self.old, to: Self.new, fleet: fleet, snapshot: snapshot,
        madeAtMilliseconds: 0
      ).reverting(
        fleet: fleet, now: true, copies: [:], weights: nil,
        at: SystemClock.wallMilliseconds()))
  }

  /// The fleet on the old release, and a plan to the new one.
  func preparePromotion() async throws -> Digest {
    try await forget()
    return try keep(
      Plan(
        purpose: .promote, from: Self.old, to: Self.new, fleet: fleet,
        snapshot: try snapshot(of: Self.old, try await surveys()),
        madeAtMilliseconds: SystemClock.wallMilliseconds()))
  }

  /// As it was at the very beginning, but for HAProxy, which runs on with no share for the canary.
  private func forget() async throws {
    for name in ["disk/audit", "disk/state", "disk/lb/fence", "disk/lb/state.map", "calls"] {
      try Files.removeTree(home(name))
    }
    for host in hosts.values { await host.begin(on: Self.old) }
    _ = try await balancer.apply(
      Weights(share: .zero, pinEpoch: 1, generation: 1), epoch: Epoch(0))
  }

  private func surveys() async throws -> [HostName: HostSurvey] {
    var surveys: [HostName: HostSurvey] = [:]
    for (name, host) in hosts {
      surveys[name] = try await host.ask(.survey(), deadline: .seconds(1))
    }
    return surveys
  }

  private func snapshot(of release: Release, _ surveys: [HostName: HostSurvey]) throws -> Snapshot {
    try #require(
      PlanCheck.snapshot(
        release: release, fleet: fleet, surveys: surveys,
        weights: Weights(share: .zero, pinEpoch: 1, generation: 1)))
  }

  private func keep(_ plan: Plan) throws -> Digest {
    let digest = try plan.digest()
    try PlanStore(fleet.writer).write(
      PlanDocument(
        plan: plan, digest: digest, ticket: "OPS-1", blockers: [], warnings: [], filesChanged: nil,
        balancer: nil))
    return digest
  }

  static func starting(_ digest: Digest) -> [String] {
    [
      "--start", String(digest.text.dropFirst(7)), "--id", "p1", "--by", "ana", "--ticket",
      "OPS-1",
    ]
  }

  func controller(_ arguments: [String]) -> [String] {
    [Injector.sluice, "controller", "--fleet", home("sluice.yaml")] + arguments
  }

  static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NO_COLOR": "1"]

  /// As a person would: goes on, or starts anew where nothing had begun, until it has ended.
  func bringToItsEnd(_ digest: Digest) async throws -> [String] {
    var words: [String] = []
    for _ in 0..<4 {
      let promotion = try await LedgerReading.load(fleet.writer).replay.promotion
      if let promotion, promotion.phase.isTerminal { return [] }
      let arguments = controller(promotion == nil ? Self.starting(digest) : ["--resume"])
      let outcome = try await Processes.run(
        ProcessCommand(
          arguments[0], Array(arguments.dropFirst()), environment: Self.environment,
          directory: "/", deadline: .seconds(120)))
      words.append(outcome.errorText)
    }
    let promotion = try await LedgerReading.load(fleet.writer).replay.promotion
    if promotion?.phase.isTerminal == true { return [] }
    let kinds = try await LedgerReading.load(fleet.writer).entries.suffix(6).map(\.kind)
    return ["it does not come to an end: \(words.joined(separator: " | ")) after \(kinds)"]
  }

  // MARK: What must be so

  /// The faults on disk right after the crash, before a program mends anything.
  func faultsInBetween() async -> [String] {
    do {
      _ = try await LedgerReading.load(fleet.writer)
      return []
    } catch { return ["the ledger cannot be read: \(error)"] }
  }

  /// The faults after the end of a rollback.
  func faultsAtTheEnd(restarts: Int) async throws -> [String] {
    let reading = try await LedgerReading.load(fleet.writer)
    var faults = LedgerFaults.of(reading.entries)
    guard case .concluded(.rolledBack)? = reading.replay.promotion?.phase else {
      return faults + ["it ended \(reading.replay.promotion?.phase.title ?? "nowhere")"]
    }
    for (name, host) in hosts.sorted(by: { $0.key < $1.key }) {
      faults += await host.current.faults(on: Self.old, restarts: restarts).map {
        "\(name) \($0)"
      }
    }
    let state = try await balancer.read()
    if state.weights.share != .zero { faults.append("the share is \(state.weights.share)") }
    for server in state.servers where !server.isInService {
      faults.append("\(server.host) is out of service")
    }
    return try faults + tornFaults(reading.entries)
  }

  /// Torn bytes are kept, and a line tells of them.
  private func tornFaults(_ entries: [LedgerEntry]) throws -> [String] {
    let kept = try Files.names(in: home("disk/audit")).filter { $0.contains(".torn-") }
    let told = entries.filter { $0.kind == .recovered }.map { entry -> String in
      entry.detail["kept"]?.text ?? "-"
    }
    return Set(kept) == Set(told) ? [] : ["kept \(kept), told of \(told)"]
  }
}

/// Sequences that a ledger must never show.
enum LedgerFaults {
  static func of(_ entries: [LedgerEntry]) -> [String] {
    var faults: [String] = []
    var intended: Set<String> = []
    var ended: Set<String> = []
    var epoch = Epoch(0)
    let ends: [LedgerKind] = [.ended(.completed), .ended(.rolledBack), .ended(.aborted)]
    for entry in entries {
      if entry.epoch < epoch { faults.append("line \(entry.n + 1) has a lower epoch") }
      epoch = max(epoch, entry.epoch)
      let motions: [Command.Kind?] = [.place, .swing, .apply, .evict, .archive]
      let isMoving =
        switch entry.kind {
        case .done(let command), .failed(let command): motions.contains(command)
        default: false
        }
      if entry.kind.isIntent, !intended.insert(entry.operation).inserted {
        faults.append("\(entry.operation) was intended twice")
      }
      guard entry.kind.isDone || entry.kind.isFailure else { continue }
      if isMoving, !intended.contains(entry.operation) {
        faults.append("\(entry.kind) \(entry.operation) without an intent")
      }
      if !ended.insert(entry.operation).inserted {
        faults.append("\(entry.operation) ended twice")
      }
    }
    let count = entries.count { ends.contains($0.kind) }
    if count != 1 { faults.append("it ended \(count) times") }
    return faults
  }
}

/// A host behind a socket that another one can take the place of.
actor ChangingHost: HostClient {
  nonisolated let host: HostName
  private(set) var current: SimulatedHost

  init(_ host: HostName) {
    self.host = host
    current = SimulatedHost(host, runs: WriterWorld.old)
  }

  func begin(on release: Release) { current = SimulatedHost(host, runs: release) }

  func answer(
    _ question: HostQuestion, deadline: Duration
  ) async throws(PortError) -> HostAnswer {
    try await current.answer(question, deadline: deadline)
  }

  func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> HostReport {
    try await current.perform(operation, id: id, epoch: epoch, deadline: deadline)
  }
}

extension SimulatedHost {
  func move(to release: Release) throws {
    _ = try perform(
      .place(release), id: OperationID(rawValue: "setup/1"), epoch: Epoch(0),
      deadline: .seconds(1))
    let policy = SwingPolicy(
      restart: .always, restartBy: .service, drainMilliseconds: 0, atDrainDeadline: .cut,
      startMilliseconds: 1_000)
    _ = try perform(
      .swing(
        SwingRequest(release: release, next: release.lock.skills.version, policy: policy)),
      id: OperationID(rawValue: "setup/2"), epoch: Epoch(0), deadline: .seconds(1))
  }

  func faults(on release: Release, restarts wanted: Int) -> [String] {
    var faults: [String] = []
    let version = release.lock.skills.version
    if running != release.marker { faults.append("runs \(running.version)") }
    if currentLinks != Links(current: version, next: version) {
      faults.append("has the links \(currentLinks)")
    }
    let own = restarts.filter { !$0.key.rawValue.hasPrefix("setup") }
    if own.values.contains(where: { $0 > 1 }) { faults.append("was restarted twice: \(own)") }
    if own.count != wanted { faults.append("was restarted \(own.count) times, not \(wanted)") }
    return faults
  }
}

/// A gateway, or an agent's probe, that is well.
final class StubGateway: Sendable {
  let port: UInt16
  private let server: HTTPServer

  init() throws {
    server = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { _, responder in
      responder.respond(
        HTTPResponse(
          status: 200, headers: ["Content-Type": "application/json"],
          body: Array(#"{"ready":true}"#.utf8)))
    }
    port = server.port
  }

  func stop() { server.stop() }
}
