import SluiceCore
import SluiceJSON
import SluiceLedger

/// A fleet that was run by hand, as its hosts stand: where they differ from a release, what is left to
/// do on each, and the good state that can be archived.
public struct FleetAdoption: Sendable {
  /// What was read of the fleet, for the decision.
  public struct Reading: Sendable {
    /// Of the hosts that answered.
    public var surveys: [HostName: HostSurvey]
    /// Why the others did not.
    public var silent: [HostName: String]
    /// The release that the fleet is compared with, or why there is none.
    public var release: Result<Release, Fault>
    public var balancer: Result<BalancerState, Fault>
    /// The tags of releases in the writer's checkout, by commit.
    public var tags: [String: String]
    /// The last adoption by the ledger.
    public var record: AdoptionRecord?
    /// The archived state; nil if the archived file is not the one that the adoption's line names.
    public var archived: Snapshot?
    /// The last promotion; nil: Sluice never moved the fleet.
    public var moved: PromotionID?

    public init(
      surveys: [HostName: HostSurvey], silent: [HostName: String],
      release: Result<Release, Fault>, balancer: Result<BalancerState, Fault>,
      tags: [String: String] = [:], record: AdoptionRecord? = nil, archived: Snapshot? = nil,
      moved: PromotionID? = nil
    ) {
      self.surveys = surveys
      self.silent = silent
      self.release = release
      self.balancer = balancer
      self.tags = tags
      self.record = record
      self.archived = archived
      self.moved = moved
    }
  }

  /// Why something could not be read, as a sentence with its remedy.
  public struct Fault: Error, Sendable, Hashable {
    public let text: String

    public init(_ text: String) { self.text = text }
  }

  public let diff: FleetDiff
  /// Nil: no tag of the writer's checkout names what the gateways have.
  public let release: Release?
  /// The gateways that answered, by the release; empty without one.
  public let hosts: [HostAdoption]
  /// Nil while `obstacles` has any.
  public let snapshot: Snapshot?
  /// Why there is no good state yet, each a sentence.
  public let obstacles: [String]
  public let record: AdoptionRecord?
  /// Whether the good state is the one that is archived.
  public let isArchived: Bool

  public init(_ fleet: Fleet, _ reading: Reading) {
    let release = try? reading.release.get()
    let diff = FleetDiff(fleet, reading.surveys, release: release)
    let hosts =
      release.map { release in
        fleet.gateways.compactMap { host in
          reading.surveys[host.name].map {
            HostAdoption(host, $0, release: release, tags: reading.tags)
          }
        }
      } ?? []
    var obstacles = Self.obstacles(reading, hosts, diff)
    var snapshot: Snapshot?
    if obstacles.isEmpty, let release, let balancer = try? reading.balancer.get() {
      snapshot = PlanCheck.snapshot(
        release: release, fleet: fleet, surveys: reading.surveys, weights: balancer.weights)
      if snapshot == nil { obstacles.append("a gateway does not prove which release it runs") }
    }
    self.diff = diff
    self.release = release
    self.hosts = hosts
    self.snapshot = snapshot
    self.obstacles = obstacles
    record = reading.record
    isArchived = snapshot.flatMap { reading.archived?.isSameState(as: $0) } ?? false
  }

  /// The hosts on which placing the slice is the next step.
  public var hostsToPlace: [HostName] {
    hosts.filter { $0.steps.contains { $0.action == .place } }.map(\.host)
  }

  public var next: NextStep {
    guard snapshot != nil else {
      let first = hosts.allSatisfy(\.steps.isEmpty) ? "Mend what stands" : "Take the steps"
      return NextStep("\(first) above, then look again", .adopt)
    }
    return isArchived ? NextStep(.plan(nil)) : NextStep("Archive this state", .archive)
  }

  // MARK: What stands in the way

  private static func obstacles(
    _ reading: Reading, _ hosts: [HostAdoption], _ diff: FleetDiff
  ) -> [String] {
    var found: [String] = []
    if let moved = reading.moved {
      found.append(
        "Sluice has moved this fleet: its last promotion is \(moved). See:  sluice status")
    }
    found += reading.silent.sorted { $0.key < $1.key }.map {
      "\($0.key) does not answer: \($0.value)"
    }
    if case .failure(let fault) = reading.release { found.append(fault.text) }
    found += balancer(reading.balancer)
    let unfinished = hosts.filter { !$0.steps.isEmpty }
    found += unfinished.map { host in
      "\(host.host) does not prove the release: "
        + (host.steps.count == 1 ? "1 step is left" : "\(host.steps.count) steps are left")
    }
    let others = diff.hosts.filter { host in !unfinished.contains { $0.host == host } }
    if !others.isEmpty {
      found.append(
        "\(others.map(\.rawValue).joined(separator: ", ")): what differs there stands above. Bring "
          + "all hosts to one release")
    }
    for (host, survey) in reading.surveys.sorted(by: { $0.key < $1.key })
    where survey.probe.status == .fail && !unfinished.contains(where: { $0.host == host }) {
      let why = survey.probe.reasons.first { $0.level == .fail }?.message ?? "no reason given"
      found.append("\(host): its probe is fail: \(why)")
    }
    return found
  }

  private static func balancer(_ state: Result<BalancerState, Fault>) -> [String] {
    switch state {
    case .failure(let fault):
      ["the balancer does not answer: \(fault.text). Start it:  sluice balancer start"]
    case .success(let state):
      state.servers.filter { !$0.isInService }.map {
        "\($0.host) \($0.isTakenOut ? "is taken out of the balancer" : "is down for the balancer")"
      }
    }
  }
}
