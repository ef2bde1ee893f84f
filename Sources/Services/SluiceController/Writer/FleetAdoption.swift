import SluiceCore
import SluiceEngine
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem

extension FleetAdoption {
  private static let lookDeadline = Duration.seconds(10)

  /// Reads every host, the balancer, the ledger, the archive and the writer's checkout. Changes
  /// nothing.
  public static func take(_ services: FleetServices) async throws(PortError) -> FleetAdoption {
    let known = try await LedgerReading.load(services.fleet.writer)
    let answers = await HostPoll(services.hosts).ask(.survey(), deadline: lookDeadline)
    let surveys = answers.compactMapValues { try? $0.get() }
    let silent = answers.compactMapValues { answer in
      if case .failure(let error) = answer { fault(error).text } else { nil }
    }
    var balancer: Result<BalancerState, Fault>
    do throws(PortError) { balancer = .success(try await services.balancer.read()) } catch {
      balancer = .failure(Fault(error.message))
    }
    let record = AdoptionRecord(lastOf: known.entries)
    return FleetAdoption(
      services.fleet,
      Reading(
        surveys: surveys, silent: silent, release: await release(of: surveys, services),
        balancer: balancer, tags: await tags(of: surveys, services), record: record,
        archived: try await Adopter.archived(by: record, in: services.archive),
        moved: known.replay.promotion?.id))
  }

  /// Has every host place the slice on which placing is the next step.
  ///
  /// - Throws: `.refused` without a release; otherwise the first host's fault, after the other hosts
  ///   have placed theirs.
  public func place(
    _ services: FleetServices, actor: String, reason: String
  ) async throws(PortError) {
    guard let release else {
      throw PortError(
        .refused, "there is no release to place: \(obstacles.joined(separator: "; "))",
        remedy: "See how the hosts stand:  sluice adopt")
    }
    let placed = try await Adopter(env: services.env).place(
      release, on: hostsToPlace, mustBeSigned: services.fleet.signedTags != nil,
      name: "adopt-\(Randomness.hexadecimal(bytes: 6))", actor: actor, reason: reason)
    for (_, result) in placed.sorted(by: { $0.key < $1.key }) { _ = try result.get() }
  }

  /// Archives the good state. False if this state is archived already.
  ///
  /// - Throws: `.refused` while there is none.
  public func archive(
    _ services: FleetServices, actor: String, reason: String
  ) async throws(PortError) -> Bool {
    guard let snapshot else {
      throw PortError(
        .refused, "the fleet has no good state to archive: \(obstacles.joined(separator: "; "))",
        remedy: "See what is left to do:  sluice adopt")
    }
    return try await Adopter(env: services.env).adopt(snapshot, actor: actor, reason: reason)
  }

  /// By the commits that the hosts are on, as far as the writer's checkout knows them.
  private static func tags(
    of surveys: [HostName: HostSurvey], _ services: FleetServices
  ) async -> [String: String] {
    var tags: [String: String] = [:]
    for commit in Set(surveys.values.compactMap(\.infra.commit)) {
      tags[commit] = (try? await services.checkout.release(at: commit))?.tag
    }
    return tags
  }

  private static func fault(_ error: PortError) -> Fault {
    Fault(error.message + (error.remedy.map { ". \($0)" } ?? ""))
  }

  /// The release whose lock most gateways have, or the one that the writer's checkout is on while the
  /// gateways have no lock that a tag of the writer names.
  private static func release(
    of surveys: [HostName: HostSurvey], _ services: FleetServices
  ) async -> Result<Release, Fault> {
    let lock = FleetDiff(services.fleet, surveys).lockDigest
    let infras = services.fleet.gateways.compactMap { surveys[$0.name]?.infra }
    let commits = infras.filter { $0.lockDigest == lock && lock != nil }.compactMap(\.commit)
    do throws(PortError) {
      for commit in Set(commits).sorted() {
        if let release = try await services.checkout.release(at: commit) {
          return .success(release)
        }
      }
      guard let own = try await services.checkout.state().commit else {
        return .failure(
          Fault(
            "\(services.fleet.writer.infra) on this machine has no commit. Check out a release"))
      }
      if let release = try await services.checkout.release(at: own) { return .success(release) }
    } catch { return .failure(fault(error)) }
    return .failure(
      Fault(
        "no tag with an openclaw.lock names what the gateways have, or what "
          + "\(services.fleet.writer.infra) is on. Lock and tag the release that the fleet runs: there, "
          + "sluice lock; then git commit, git tag and git push"))
  }
}
