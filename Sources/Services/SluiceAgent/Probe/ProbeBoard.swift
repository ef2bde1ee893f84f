import SluiceCore
import SluiceJSON
import SluicePorts
import Synchronization

/// The last merged probe, for concurrent readers. A request never waits for a refresh.
final class ProbeBoard: Sendable {
  private let page: Mutex<ProbePage>
  let policy: ProbePolicy

  init(_ probe: MergedProbe, at moment: Moment, policy: ProbePolicy) {
    self.policy = policy
    page = Mutex(ProbePage(probe, at: moment, policy: policy))
  }

  func publish(_ probe: MergedProbe, at moment: Moment) {
    let new = ProbePage(probe, at: moment, policy: policy)
    page.withLock { $0 = new }
  }

  var current: ProbePage { page.withLock { $0 } }

  /// The probe with its present age.
  func probe(at now: Moment) -> MergedProbe {
    let page = current
    return page.probe.aged(page.age(at: now), policy: policy)
  }
}

/// A probe that is encoded in advance, except for its age. `age_ms` is the first key of canonical
/// JSON, so the age goes between two prepared pieces.
struct ProbePage: Sendable {
  /// With age 0.
  let probe: MergedProbe
  let moment: Moment
  private let boundMilliseconds: Int64
  private let fresh: Tail
  private let stale: Tail

  private struct Tail: Sendable {
    let status: Int
    let bytes: [UInt8]

    init(_ probe: MergedProbe) {
      status = probe.status == .fail ? 503 : 200
      var probe = probe
      probe.ageMilliseconds = 0
      let whole = (try? CanonicalJSON.bytes(probe)) ?? []
      bytes = Array(whole.dropFirst(ProbePage.head.count + 1)) + [UInt8(ascii: "\n")]
    }
  }

  private static let head = Array("{\"age_ms\":".utf8)

  init(_ probe: MergedProbe, at moment: Moment, policy: ProbePolicy) {
    self.probe = probe.aged(0, policy: policy)
    self.moment = moment
    boundMilliseconds = policy.maximumAgeMilliseconds
    fresh = Tail(probe)
    stale = Tail(probe.aged(policy.maximumAgeMilliseconds + 1, policy: policy))
  }

  func age(at now: Moment) -> Int64 { max(0, now.milliseconds(since: moment) ?? 0) }

  func answer(at now: Moment) -> (status: Int, body: [UInt8]) {
    let age = age(at: now)
    let tail = age > boundMilliseconds ? stale : fresh
    return (tail.status, Self.head + Array(String(age).utf8) + tail.bytes)
  }
}
