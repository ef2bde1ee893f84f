import SluiceCore
import SluiceController
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem

/// A rehearsal on its fleet: the acts one after the other, under load, with a live report.
///
/// The rehearsal uses the product as an operator does: by its command line, its ledger, and as a
/// client.
public struct Rehearsal: Sendable {
  let fleet: RehearsalFleet
  let load: Load
  let narrator: Narrator

  public init(fleet: RehearsalFleet, narrator: Narrator) {
    self.fleet = fleet
    self.narrator = narrator
    load = Load(fleet.loadOptions)
  }

  /// The clients' view up to now.
  public var snapshot: LoadSnapshot { load.snapshot }

  /// Plays on a fleet whose gateways, agents and balancer are up.
  ///
  /// - Returns: a report for every act, also for one that could not be played to its end.
  public func play(_ acts: [Act]) async -> [ActReport] {
    await withTaskGroup(of: [ActReport]?.self) { group in
      group.addTask {
        await refresh()
        return nil
      }
      group.addTask { await playUnderLoad(acts) }
      var reports: [ActReport] = []
      for await result in group {
        guard let result else { continue }
        reports = result
        group.cancelAll()
      }
      return reports
    }
  }

  /// Returns when the clients that were at it when the last act ended have their answers.
  private func playUnderLoad(_ acts: [Act]) async -> [ActReport] {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await load.run() }
      var reports: [ActReport] = []
      for act in acts where !Task.isCancelled { reports.append(await play(act)) }
      load.stop()
      return reports
    }
  }

  private func play(_ act: Act) async -> ActReport {
    narrator.begin(act)
    await load.beginAct()
    let before = load.snapshot
    let first = try? await lineCount()
    var report: ActReport
    do { report = try await perform(act) } catch {
      report = ActReport(act, .failed, .unfinished(Self.words(error)))
    }
    let conversations = await load.endAct()
    report.clients = ClientView(
      load.snapshot.since(before), conversations: conversations,
      evictions: await evictions(since: first))
    if !report.isAsIntended {
      for line in fleet.logEnds(namedIn: report.sentence) { narrator.say(line) }
    }
    narrator.end(report)
    return report
  }

  /// Connections that rollbacks cut since a line of the ledger. None when it cannot be read: what
  /// was cut then counts as lost.
  private func evictions(since first: Int?) async -> Int {
    guard let first, let reading = try? await LedgerReading.load(fleet.fleet.writer) else {
      return 0
    }
    return LedgerStory(lines: Array(reading.entries.dropFirst(first))).evictions
  }

  private func perform(_ act: Act) async throws -> ActReport {
    switch act {
    case .goodRelease: try await goodRelease()
    case .badRelease: try await badRelease()
    case .lyingRelease: try await lyingRelease()
    case .deadController: try await deadController()
    case .newBuild: try await newBuild()
    }
  }

  private static func words(_ error: any Error) -> String {
    (error as? PortError)?.message ?? (error is CancellationError ? "interrupted" : "\(error)")
  }

  private func refresh() async {
    while (try? await SystemClock.sleep(for: .milliseconds(250))) != nil {
      narrator.refresh(load: load.snapshot)
    }
  }
}
