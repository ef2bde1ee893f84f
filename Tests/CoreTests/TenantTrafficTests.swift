import SluiceCore
import SluiceJSON
import Testing

@Suite("Tenants with and without traffic, in the probe")
struct QuietTenantTests {
  typealias Example = ProbeExample

  @Test("a red tenant fails a probe only while it has traffic", arguments: [true, false])
  func tenants(busy: Bool) {
    var finding = Example.known
    finding.severity = .error
    let probe = Example.probe {
      $0.doctor["acme"] = Example.findings([finding])
      $0.word = Example.word(busy ? ["acme"] : [])
    }
    #expect(probe.status == (busy ? .fail : .ok))
    #expect(probe.doctor["acme"]?.status == .red && probe.doctor["acme"]?.new.count == 1)
    #expect(probe.reasons.map(\.tenant) == (busy ? ["acme"] : []))
    #expect(
      probe.traffic
        == .init(
          toldAt: "1970-01-01T00:00:02.000Z", intervalMilliseconds: 30_000,
          busy: busy ? ["acme"] : [], quiet: busy ? [] : ["acme"]))
  }

  @Test("traffic that is not known counts as traffic")
  func unknownTraffic() {
    var finding = Example.known
    finding.severity = .error
    let probe = Example.probe { $0.doctor["acme"] = Example.findings([finding]) }
    #expect(probe.status == .fail)
    #expect(
      probe.traffic == .init(toldAt: nil, intervalMilliseconds: nil, busy: ["acme"], quiet: []))
  }

  @Test("traffic that comes and goes does not change the fingerprint; a finding does")
  func fingerprintOfQuiet() {
    func probe(_ severity: DoctorFinding.Severity, busy: [String]?) -> MergedProbe {
      var finding = Example.known
      finding.severity = severity
      finding.check = "core/doctor/x"
      return Example.probe {
        $0.doctor["acme"] = Example.findings([finding])
        $0.word = busy.map(Example.word)
      }
    }
    for severity in [DoctorFinding.Severity.warning, .error] {
      let judged = probe(severity, busy: nil)
      #expect(judged.status == (severity == .error ? .fail : .degraded))
      #expect(probe(severity, busy: []).status == .ok)
      #expect(probe(severity, busy: []).fingerprint == judged.fingerprint)
      #expect(probe(severity, busy: ["acme"]).fingerprint == judged.fingerprint)
    }
    #expect(
      probe(.warning, busy: []).fingerprint != probe(.error, busy: []).fingerprint)
  }

  @Test("the whole gateway is judged whoever has traffic, and so is a Doctor that is not heard")
  func neverQuiet() {
    var finding = Example.known
    finding.severity = .error
    let probe = Example.probe {
      $0.doctor["*"] = Example.findings([finding])
      $0.word = Example.word([])
    }
    #expect(probe.status == .fail && probe.traffic?.busy == [] && probe.traffic?.quiet == [])
    let unheard = Example.probe {
      $0.doctor["acme"] = Example.findings([])
      $0.doctor["acme"]?.report = .unseen("it does not answer")
      $0.word = Example.word([])
    }
    #expect(unheard.status == .fail)
  }

  private func sentence(_ tenants: [String: Int], busy: [String]?) -> String? {
    Example.probe { inputs in
      inputs.doctor = tenants.mapValues { count in
        Example.findings(
          (0..<count).map { index in
            var finding = Example.known
            finding.severity = .error
            finding.check = "core/doctor/\(index)"
            return finding
          })
      }
      inputs.word = busy.map(Example.word)
    }.trafficSentence
  }

  @Test("a person reads who is judged, who is quiet, and whom nobody told of")
  func words() {
    let tenants = ["acme": 1, "globex": 0, "hooli": 2, "initech": 0, "umbrella": 0]
    #expect(
      sentence(tenants, busy: ["globex", "somebody-else"])
        == "judged: globex; quiet for 30 s, so not judged: acme (1 kind of new findings), "
        + "hooli (2 kinds of new findings), initech, 1 more")
    #expect(sentence(["acme": 0], busy: ["acme"]) == "judged: acme")
    #expect(sentence(["acme": 0], busy: []) == "none judged; quiet for 30 s, so not judged: acme")
    #expect(
      sentence(["acme": 0], busy: nil)
        == "all judged, because no controller has said lately which tenants have traffic: acme")
    #expect(sentence(["*": 1], busy: ["acme"]) == nil, "a Doctor without tenants")
  }

  @Test("the word travels with the probe; an older agent's probe has none")
  func coding() throws {
    let probe = Example.probe {
      $0.doctor["acme"] = Example.findings([])
      $0.word = Example.word([])
    }
    let bytes = try CanonicalJSON.bytes(probe)
    #expect(try CanonicalJSON.decode(MergedProbe.self, from: bytes) == probe)
    let text = String(decoding: bytes, as: UTF8.self)
    let member =
      #""traffic":{"busy":[],"interval_ms":30000,"quiet":["acme"],"told_at":"1970-01-01T00:00:02.000Z"}"#
    #expect(text.contains(member))
    let old = text.replacing(",\(member)", with: "")
    #expect(old != text)
    let read = try CanonicalJSON.decode(MergedProbe.self, from: Array(old.utf8))
    #expect(read.traffic == nil && read.trafficSentence == nil)
  }
}

@Suite("Which tenants have traffic, by the session log")
struct TenantTrafficTests {
  private static let interval: Int64 = 30_000

  private func session(
    _ caller: SessionRecord.Caller?, at assigned: Int64, lasting active: Int64 = 0,
    isWebSocket: Bool = false
  ) -> SessionRecord {
    SessionRecord(
      process: 1, sequence: 1, assignedMilliseconds: assigned, arm: .stable, why: .draw,
      generation: 1, host: nil, status: isWebSocket ? 101 : 200, ending: "----",
      activeMilliseconds: active, isWebSocket: isWebSocket, wasRetried: false, caller: caller)
  }

  /// Counted since 0.
  private func traffic(_ sessions: [SessionRecord]) -> TenantTraffic {
    var traffic = TenantTraffic(within: Self.interval, at: 0)
    for session in sessions {
      traffic.count(session, at: session.assignedMilliseconds + session.activeMilliseconds)
    }
    return traffic
  }

  @Test("a tenant is busy from its session's begin until the interval after its end")
  func busy() {
    let traffic = traffic([
      session(.tenant("acme"), at: 10_000, lasting: 40_000), session(.tenant("hooli"), at: 49_000),
      session(.nobody, at: 49_500),
    ])
    #expect(
      traffic.busy(at: 60_000)
        == BusyTenants(names: ["acme", "hooli"], withinMilliseconds: Self.interval))
    #expect(traffic.busy(at: 79_500)?.names == ["acme"])
    #expect(traffic.busy(at: 80_000)?.names == ["acme"])
    #expect(traffic.busy(at: 80_001)?.names == [])
  }

  @Test("until the log was read for the interval, nobody can say who is quiet")
  func tooEarly() {
    let traffic = traffic([session(.tenant("acme"), at: 100)])
    #expect(traffic.busy(at: Self.interval) == nil)
    #expect(traffic.busy(at: Self.interval + 1)?.names == ["acme"])
  }

  @Test("a log that names no tenants says nothing, however long it is read")
  func withoutFront() {
    #expect(traffic([]).busy(at: 1_000_000) == nil)
    #expect(traffic([session(nil, at: 100)]).busy(at: 1_000_000) == nil)
  }

  @Test("a line without the field, or a missing line, blinds for the interval")
  func blind() {
    var traffic = traffic([session(.tenant("acme"), at: 40_000), session(nil, at: 41_000)])
    #expect(traffic.busy(at: 71_000) == nil)
    #expect(traffic.busy(at: 71_001)?.names == [])
    traffic.miss(at: 80_000)
    #expect(traffic.busy(at: 110_000) == nil && traffic.busy(at: 110_001) != nil)
  }

  @Test("a tenant that had a WebSocket stays busy: the line of its next one comes at the end")
  func webSocket() {
    let traffic = traffic([session(.tenant("acme"), at: 1_000, isWebSocket: true)])
    #expect(traffic.busy(at: 100_000_000)?.names == ["acme"])
  }

  @Test("a session that the log dates in the future counts now")
  func future() {
    var traffic = traffic([])
    traffic.count(session(.tenant("acme"), at: Int64.max, lasting: 5), at: 40_000)
    #expect(traffic.busy(at: 70_000)?.names == ["acme"] && traffic.busy(at: 70_001)?.names == [])
  }

  @Test("too many tenants are not told, a person hears of it, and it passes")
  func crowd() {
    func sessions(_ count: Int, at moment: Int64) -> [SessionRecord] {
      (0..<count).map { session(.tenant("t\($0)"), at: moment) }
    }
    let most = traffic(sessions(BusyTenants.most, at: 40_000))
    #expect(most.busy(at: 60_000)?.names.count == BusyTenants.most)
    #expect(most.busy(at: 60_000)?.fault == nil && most.crowd(at: 60_000) == nil)
    var more = traffic(sessions(BusyTenants.most + 1, at: 40_000))
    #expect(more.busy(at: 70_000) == nil)
    #expect(
      more.crowd(at: 70_000)
        == "more than 512 tenants had sessions in 30 s: the agents judge every tenant")
    more.count(session(.tenant("late"), at: 70_001), at: 70_001)
    #expect(more.crowd(at: 70_001) == nil && more.busy(at: 70_001)?.names == ["late"])
  }

  @Test("an agent takes no list that a controller would not send, and says why")
  func faults() {
    func fault(_ names: [String], _ interval: Int64 = 1_000) -> String? {
      BusyTenants(names: names, withinMilliseconds: interval).fault
    }
    #expect(fault([]) == nil && fault(["acme"]) == nil && fault([], 86_400_000) == nil)
    #expect(
      fault(Array(repeating: "acme", count: 513))
        == "513 tenants are named as busy, and at most 512 may be")
    for name in ["", "Acme", "a b", "*", "a\n", String(repeating: "a", count: 64)] {
      #expect(fault(["acme", name])?.contains("no tenant has such a name") == true, "\(name)")
    }
    #expect(fault([String(repeating: "A", count: 9_000)]).map { $0.utf8.count < 200 } == true)
    for interval in [Int64.min, -1, 0, 86_400_001, Int64.max] {
      #expect(fault([], interval)?.contains("\(interval) ms") == true)
    }
  }

  @Test("the query without the list is what earlier agents know, and the list is one more member")
  func wire() throws {
    #expect(try CanonicalJSON.encode(HostQuestion.probe()).canonicalText == #"{"probe":{}}"#)
    let busy = BusyTenants(names: ["acme"], withinMilliseconds: 30_000)
    let told = try CanonicalJSON.encode(HostQuestion.probe(busy: busy))
    #expect(
      told.canonicalText == #"{"probe":{"busy":{"names":["acme"],"within_ms":30000}}}"#)
    #expect(
      try CanonicalJSON.decode(HostQuestion.self, from: Array(told.canonicalText.utf8))
        == .probe(busy: busy))
  }
}
