import SluiceCore
import SluiceController
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem

/// The good release once for every line that its promotion appends to the ledger: the controller is
/// killed as soon as the line is there, and another one goes on.
public struct KillPoints: Sendable {
  /// The result of one kill point.
  public struct Point: Sendable, Hashable {
    /// Of the promotion, from 1.
    public let line: Int
    public let kind: LedgerKind
    public let ending: ActReport.Ending
    /// Empty when it ended as it should.
    public let faults: [String]
    /// Conversations that found another gateway; a rollback moves the canary's.
    public let moved: Int
    public let milliseconds: Int64
  }

  let fleet: RehearsalFleet
  let load: Load
  let say: @Sendable (String) -> Void
  private var user: CommandLineUser { CommandLineUser(fleet: fleet) }
  private var writer: WriterSpec { fleet.fleet.writer }

  /// Quick steps: the drill tries the order of events, not the judge.
  static var timing: RehearsalTiming { .quick }

  /// Ends with the first promotion that was over before it had so many lines.
  func play(_ lines: ClosedRange<Int>) async throws -> [Point] {
    var points: [Point] = []
    for line in lines {
      try Task.checkCancellation()
      guard let point = try await play(line) else { break }
      points.append(point)
      let faults = point.faults.isEmpty ? "" : "   WRONG: " + point.faults.joined(separator: "; ")
      say(
        "killed after line \(point.line), \(point.kind): \(point.ending.rawValue) in "
          + Wording.duration(point.milliseconds)
          + (point.moved > 0 ? ", \(point.moved) conversations moved" : "") + faults)
      try await user.bringBack()
    }
    return points
  }

  /// Nil when the promotion was over before.
  private func play(_ line: Int) async throws -> Point? {
    let began = SystemClock.monotonicMilliseconds()
    let first = try await LedgerReading.load(writer).entries.count
    let (starts, seen) = (fleet.gatewayStarts(), load.snapshot)
    let plan = try await user.plan(SkillPack.good.tag)
    guard let digest = plan.plan else {
      throw PortError(.refused, "the plan cannot be run: \(plan.answer.words)")
    }
    let isKilled = try await promote(digest, from: first, killAfter: line)
    if isKilled { _ = try await user.type(["resume"]) }
    try await user.untilEnded(from: first)
    let story = try LedgerStory(try await LedgerReading.load(writer).entries, from: first)
    guard isKilled else { return nil }
    var faults = story.twice + fleet.surplusStarts(since: starts, story)
    if story.ending != .completed, story.ending != .rolledBack { faults.append(story.reason) }
    let clients = load.snapshot.since(seen)
    if clients.lost > 0 { faults.append("\(clients.lost) sessions lost") }
    faults += try await unevenHosts()
    return Point(
      line: line, kind: story.entries[line - 1].kind, ending: story.ending, faults: faults,
      moved: clients.moved,
      milliseconds: SystemClock.monotonicMilliseconds() - began)
  }

  /// Starts the promotion and kills its controller once the ledger has so many lines. False when
  /// the promotion ended before.
  private func promote(_ digest: String, from first: Int, killAfter line: Int) async throws -> Bool
  {
    try await withThrowingTaskGroup(of: Bool?.self) { group in
      group.addTask { try await kill(afterLine: line, from: first) }
      group.addTask {
        // The controller may be killed before it can say that it began.
        _ = try await user.type(["promote", digest, "--detach"])
        return nil
      }
      var isKilled = false
      for try await result in group { isKilled = result ?? isKilled }
      return isKilled
    }
  }

  /// Looks at the file's size every millisecond, and counts lines when it has grown.
  private func kill(afterLine line: Int, from first: Int) async throws -> Bool {
    var size: Int64 = -1
    while true {
      let now = try Files.status(of: writer.ledger)?.size ?? 0
      if now != size {
        size = now
        let lines = now == 0 ? [] : try Self.lines(writer.ledger).dropFirst(first)
        if lines.count >= line {
          // After the last line it may have ended by itself.
          if let controller = fleet.processes.controller { try await fleet.kill(controller) }
          return true
        }
        if lines.last.map(Self.isEnd) == true { return false }
      }
      try await SystemClock.sleep(for: .milliseconds(1))
    }
  }

  /// Whole lines only.
  private static func lines(_ ledger: String) throws -> ArraySlice<ArraySlice<UInt8>> {
    let feed = UInt8(ascii: "\n")
    let lines = try Files.read(ledger, limit: 256 << 20)
      .split(separator: feed, omittingEmptySubsequences: false)
    return lines.dropLast()
  }

  private static func isEnd(_ line: ArraySlice<UInt8>) -> Bool {
    let text = String(decoding: line, as: UTF8.self)
    return LedgerKind.Ending.allCases.contains {
      text.contains("\"kind\":\"\(LedgerKind.ended($0))\"")
    }
  }

  /// The deviations after an end. Every host must be ok, on one release, at the archived share.
  private func unevenHosts() async throws -> [String] {
    let answers = await FleetAnswers.take(fleet.fleet, deadline: .seconds(5))
    var faults: [String] = []
    var releases: Set<String> = []
    for (host, answer) in answers.hosts.sorted(by: { $0.key < $1.key }) {
      switch answer {
      case .success(let probe):
        releases.insert(probe.skills.version ?? "none")
        if probe.status == .fail { faults.append("the probe of \(host) is fail") }
      case .failure(let error): faults.append("\(host) is silent: \(error.message)")
      }
    }
    if releases.count > 1 { faults.append("releases \(releases.sorted().joined(separator: ", "))") }
    let state = try await FleetServices(fleet.fleet).balancer.read()
    if state.weights.share != .zero { faults.append("the share is \(state.weights.share)") }
    for server in state.servers where !server.isInService {
      faults.append("\(server.host) is not in service")
    }
    return faults
  }
}
