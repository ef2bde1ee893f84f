import SluiceController
import SluiceLedger
import SluiceStatus

extension RehearsalFleet {
  /// The words of `--keep`: how to go on with the fleet as the acts left it, and how to end it.
  func keepLines() async -> [String] {
    let replay = (try? await LedgerReading.load(fleet.writer))?.replay
    return keepLines(
      running: replay?.completed.last?.plan.to.tag ?? SkillPack.current.tag,
      canGoBack: replay?.completed.isEmpty == false)
  }

  /// - Parameters:
  ///   - running: the tag of the release that every gateway runs: promoting it again is refused.
  ///   - canGoBack: whether a promotion was completed that `rollback` takes back.
  func keepLines(running: String, canGoBack: Bool) -> [String] {
    // Each of the two is good after the other and after the first.
    let good = [SkillPack.good, .next].first { $0.tag != running } ?? .good
    return [
      "The fleet stays up on \(running), with clients at http://\(layout.balancer). Play with it:",
      "  cd \(layout.directory); alias sluice=\(programs.sluice)",
      "  sluice status",
      "  sluice promote \(good.tag)     a good release; status --watch and explain beside it",
      "  sluice promote \(SkillPack.bad.tag)     a bad one: it comes back by itself",
      "  sluice plan \(SkillPack.lying.tag)        one whose tree is not what its lock says",
    ] + (canGoBack ? ["  sluice rollback           back to the release before"] : []) + [
      "To stop it:  sluice rehearse --stop --dir \(layout.directory)"
    ]
  }
}
