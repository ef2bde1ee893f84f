import SluiceCore

// Reported outcomes and the end of a promotion: 10, 13, 17.

extension Invariants {
  /// 17: what the ledger says was done, was done; and weights are what was read back.
  mutating func checkOutcome(_ outcome: Outcome, of id: OperationID, _ line: Line) {
    switch outcome {
    case .swung(let report):
      expect(isDone(id, by: line), 17, "unknown is not success", "\(id) is said to be swung")
      checkBelief(report, of: id, line)
    case .placed:
      expect(isDone(id, by: line), 17, "unknown is not success", "\(id) is said to be placed")
    case .applied(let state):
      guard case .intended(let order)? = intents[id]?.event,
        case .apply(let weights) = order.command
      else { return }
      expect(
        state.weights == weights, 17, "unknown is not success",
        "\(id) is said to have set \(weights.share), and \(state.weights.share) was read back")
      checkEviction(line)
    default: break
    }
  }

  private func isDone(_ id: OperationID, by line: Line) -> Bool {
    done[id].map { $0 <= line.index } ?? false
  }

  /// 17: a promotion believes that a host runs a release only when the host's process reports it.
  /// 5: only then the host comes back, and 27: during a rollback it does.
  private mutating func checkBelief(_ report: SwingReport, of id: OperationID, _ line: Line) {
    guard case .intended(let order)? = intents[id]?.event,
      case .swing(let swing) = order.command, let belief = line.after.hosts[swing.host]
    else { return }
    let isProven = report.after.marker == swing.release.marker && report.probe.status != .fail
    let wasGivenBack = effects.contains { effect in
      effect.kind == .givenBack(swing.host) && effect.lines <= line.index
        && effect.lines > (intents[id]?.index ?? 0)
    }
    // A rollback returns a gateway as soon as it serves: Doctor and the queues do not count against
    // the archived release.
    let isBack =
      swing.release == plan.snapshot.release && report.after.marker == swing.release.marker
      && report.after.version == swing.release.lock.openclaw.version
      && !report.probe.reasons.contains {
        $0.level == .fail && $0.check != "doctor" && $0.check != "queues"
      }
    expect(
      isProven || isBack || !wasGivenBack, 5, "never raise on unverified",
      "\(swing.host) was given back, and does not prove \(swing.release.tag)")
    expect(
      wasGivenBack || !isBack, 27, Self.serveFirst,
      "\(swing.host) runs \(swing.release.tag) again, and was left out of the balancer")
    expect(
      isProven || belief.runs == .unknown || (isBack && line.after.phase.isRollingBack), 17,
      "unknown is not success",
      "\(swing.host) is lastKnown to run \(swing.release.tag), and it does not say so")
  }

  /// 10: what outlives a share is ended before its host is swung back.
  private mutating func checkEviction(_ line: Line) {
    guard history.lineBefore(line)?.after.phase == .rollingBack(.draining),
      let before = history.before(line),
      line.after.phase == .rollingBack(.swinging)
    else { return }
    for canary in plan.canaries
    where before.hosts[canary]?.runs != .archived
      && !before.outstanding.contains(where: { $0.command.host == canary })
    {
      expect(
        line.after.outstanding.contains {
          if case .evict(canary, _) = $0.command { true } else { false }
        }, 10, "rollback is total",
        "\(canary) was drained, and the sessions that outlive a share were left on it")
    }
  }

  // MARK: The end

  /// 10: "rolled back" is true of both levers on every host. And so is "completed".
  mutating func checkEnd() {
    guard let last = lines.last, case .concluded(let conclusion) = last.after.phase else { return }
    switch conclusion {
    case .rolledBack, .drilled:
      checkFleet(at: last, 10, "rollback is total") { [plan] facts, host in
        guard let archived = plan.snapshot.hosts[host] else { return false }
        return facts.version == archived.marker.version && facts.links.areBack(at: archived.links)
          && facts.fingerprint == archived.fingerprint && facts.build == archived.openclaw
          && (plan.forwardBuild?.from.schemas).map { $0 == facts.schemas } ?? true
      }
    case .completed:
      let version = plan.to.lock.skills.version
      let build = plan.to.lock.openclaw.version
      checkFleet(at: last, 17, "unknown is not success") { facts, _ in
        facts.version == version && facts.links.current == version && facts.build == build
      }
    case .refused, .aborted:
      // A slice without a link serves no client and costs no client anything.
      let moved = intents.values.contains {
        if case .intended(let order) = $0.event, case .prepare = order.command {
          false
        } else {
          true
        }
      }
      expect(!moved, 10, "rollback is total", "it was given up after something had moved")
    }
  }

  /// An event after Sluice's last motion may have come after the last read.
  private mutating func checkFleet(
    at line: Line, _ number: Int, _ name: String, _ isSo: (HostFacts, HostName) -> Bool
  ) {
    let past = effects.filter { $0.lines <= line.index }
    let own = past.last { if case .fault = $0.kind { false } else { true } }
    let isWhole = [past.last, own].compactMap(\.self).contains { effect in
      effect.balancer?.weights.dealsLike(plan.snapshot.weights) == true
        && plan.fleet.gateways.allSatisfy { host in
          // A probe that raises a false alarm does not describe the host.
          effect.isGiven(host.name)
            && effect.hosts[host.name].map { $0.isAlive && isSo($0, host.name) } == true
        }
    }
    expect(
      isWhole || past.isEmpty, number, name,
      "\(line.after.phase.title), but \(past.last.map { "\($0.hosts) \($0.balancer as Any)" } ?? "-")"
    )
  }
}
