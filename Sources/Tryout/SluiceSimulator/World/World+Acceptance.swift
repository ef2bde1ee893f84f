import SluiceCore
import SluiceEngine
import SluiceLedger
import SluiceSystem

/// A person wants to accept Doctor's findings, and waits until no controller holds the lease.
struct WantedAcceptance: Sendable {
  /// The person's program is killed at this step.
  var diesAt: Int?
}

/// The findings that hosts accepted, and the ledger's lines about them.
struct AcceptanceWatch: Sendable {
  /// Of the ledger, in order.
  var lines: [AcceptanceLine] = []
  var deeds: [AcceptanceDeed] = []
  /// Lines that say that a host had accepted what it had not.
  var untrue: [AcceptanceLine] = []
}

extension World {
  mutating func wantAcceptance(diesAt step: Int?) {
    acceptance = WantedAcceptance(diesAt: step)
    beginAcceptance()
  }

  /// While a controller holds the lease the person is refused, and nothing comes of it.
  mutating func beginAcceptance() {
    guard let wanted = acceptance, !isHealed, !isOver,
      !controllers.indices.contains(where: holdsLease)
    else { return }
    acceptance = nil
    var findings: [HostName: [DoctorFinding]] = [:]
    // The findings that the hosts showed just before.
    for name in setup.names { findings[name] = hosts.at(name) { $0.findings } }
    controllers.append(ControllerModel(stepsLeft: wanted.diesAt))
    outbox.append(.accept(controllers.count - 1, findings))
  }

  /// The leader is gone: the person who waits for that tries again soon.
  mutating func awaitAcceptance() {
    guard acceptance != nil else { return }
    var chance = SplitMix64(seed: setup.chance ^ UInt64(bitPattern: now) ^ 0xACCE)
    queue.schedule(.acceptance, at: now + chance.milliseconds(1...1_500))
  }

  mutating func noteAcceptances(on host: HostName) {
    for var deed in hosts.at(host, { $0.acceptances }) ?? [] {
      deed.lines = acceptances.lines.count
      acceptances.deeds.append(deed)
    }
    hosts[host]?.acceptances = []
  }

  /// The lines that became durable.
  mutating func believe(_ lines: [AcceptanceLine]) {
    guard lines.count != acceptances.lines.count else { return }
    // The last lines may be lost with the power, before another line follows them.
    for line in lines.dropFirst(acceptances.lines.count) where line.kind == .accepted {
      let accepted = hosts.at(line.host) { $0.accepted } ?? []
      if !line.findings.allSatisfy({ $0.isAccepted(by: accepted) }) {
        acceptances.untrue.append(line)
      }
    }
    acceptances.lines = lines
  }
}
