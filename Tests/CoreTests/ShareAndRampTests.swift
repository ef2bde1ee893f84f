import SluiceCore
import SluiceJSON
import Testing

@Suite("Shares and ramps")
struct ShareAndRampTests {
  @Test("a share is 0 to 10,000 basis points and nothing else")
  func bounds() throws {
    #expect(Share(basisPoints: -1) == nil)
    #expect(Share(basisPoints: 10_001) == nil)
    #expect(throws: DecodingError.self) {
      try CanonicalJSON.decode(Share.self, from: JSONValue.integer(10_001))
    }
  }

  @Test(
    "a share reads as per cent",
    arguments: [(500, "5 %"), (1_250, "12.5 %"), (25, "0.25 %"), (5, "0.05 %"), (10_000, "100 %")])
  func wording(points: Int, text: String) throws {
    #expect(try #require(Share(basisPoints: points)).description == text)
  }

  @Test("every preset is a ramp", arguments: Ramp.Preset.allCases)
  func presets(preset: Ramp.Preset) {
    #expect(Ramp.fault(in: preset.ramp.steps) == nil)
  }

  @Test("shares that fall, begin too high or jump are named with their place")
  func faults() {
    func fault(_ points: [Int]) -> Int? {
      Ramp.fault(
        in: points.compactMap { Share(basisPoints: $0) }.map {
          .init(share: $0, holdMilliseconds: 1)
        })?.index
    }
    #expect(fault([]) == 0)
    #expect(fault([500, 400]) == 1)
    #expect(fault([500, 500]) == 1)
    #expect(fault([2_500]) == 0)
    #expect(fault([500, 3_000]) == 1)
    #expect(fault([500, 2_000, 4_000]) == nil)
  }

  @Test(
    "the first share is at most 10 %, a step adds at most 20 points, and the words name the bound",
    arguments: [
      ([1_000], nil), ([1_001], "from 0 % to 10.01 % is more than 10 points in one step"),
      ([1_000, 3_000], nil),
      ([1_000, 3_001], "from 10 % to 30.01 % is more than 20 points in one step"),
      ([1], nil), ([0], "shares must rise: 0 % comes after 0 %"),
      ([500, 500], "shares must rise: 5 % comes after 5 %"), ([500, 501], nil),
      ([], "a ramp needs at least one step"),
    ] as [([Int], String?)])
  func steepness(points: [Int], message: String?) throws {
    let steps = try points.map {
      Ramp.Step(share: try #require(Share(basisPoints: $0)), holdMilliseconds: 0)
    }
    #expect(Ramp.fault(in: steps)?.message == message)
  }

  @Test("a hold of no time is one, a shorter one is not")
  func holds() throws {
    let share = try #require(Share(basisPoints: 500))
    let fault = Ramp.fault(in: [.init(share: share, holdMilliseconds: -1)])
    #expect(fault?.message == "a hold cannot be negative")
    #expect(Ramp.fault(in: [.init(share: share, holdMilliseconds: 0)]) == nil)
  }

  @Test("a tenant who joins at a step stays until the ramp ends")
  func tenants() throws {
    var ramp = Ramp.Preset.standard.ramp
    ramp.steps[1].tenants = ["globex", "acme"]
    ramp.steps[2].tenants = ["initech"]
    #expect((0...2).map(ramp.tenants) == [[], ["acme", "globex"], ["acme", "globex", "initech"]])
    #expect(ramp.tenants(at: -1) == [] && ramp.tenants(at: .max - 1) == ramp.tenants(at: 2))
    let decoded = try CanonicalJSON.decode(Ramp.self, from: try CanonicalJSON.encode(ramp))
    #expect(decoded == ramp)
  }

  @Test("weights without tenants are the text that they were before there were any")
  func weights() throws {
    let share = try #require(Share(basisPoints: 500))
    let plain = Weights(share: share, pinEpoch: 2, generation: 3)
    #expect(
      try CanonicalJSON.bytes(plain) == Array(#"{"generation":3,"pinEpoch":2,"share":500}"#.utf8))
    let pinned = Weights(share: share, tenants: ["b", "a", "b"], pinEpoch: 2, generation: 3)
    #expect(pinned.tenants == ["a", "b"] && pinned.words == "5 % and a, b")
    for weights in [plain, pinned] {
      let value = try CanonicalJSON.encode(weights)
      #expect(try CanonicalJSON.decode(Weights.self, from: value) == weights)
    }
    #expect(!plain.dealsLike(pinned) && plain != pinned)
    #expect(
      pinned.dealsLike(Weights(share: share, tenants: ["a", "b"], pinEpoch: 9, generation: 9)))
  }

  @Test("a host name is safe in a path, a server name and a log line")
  func hostNames() {
    for name in ["mac-a", "m1", "0"] { #expect(HostName.isValid(name)) }
    for name in ["", "-a", "Mac", "a/b", "a b", "é", String(repeating: "a", count: 64)] {
      #expect(!HostName.isValid(name))
    }
  }
}

@Suite("Latency histogram")
struct LatencyHistogramTests {
  @Test(
    "a quantile is at most one part in 32 above the value", arguments: [0, 63, 64, 1_000, 79_123])
  func resolution(value: Int64) throws {
    var histogram = LatencyHistogram()
    histogram.record(milliseconds: value)
    let quantile = try #require(histogram.quantile(permille: 950))
    #expect(quantile >= value)
    #expect(quantile - value <= value / 32)
  }

  @Test("quantiles are those of the sorted values, to the bucket")
  func quantiles() throws {
    var histogram = LatencyHistogram()
    for value in Int64(1)...1_000 { histogram.record(milliseconds: value) }
    for permille in [500, 900, 950, 990] {
      let quantile = try #require(histogram.quantile(permille: permille))
      #expect(quantile >= Int64(permille))
      #expect(quantile <= Int64(permille) + Int64(permille) / 16)
    }
    #expect(histogram.count(above: 2_000) == 0)
    #expect(histogram.count(above: 0) == 1_000)
  }

  @Test("adding two histograms is recording all their values")
  func addition() {
    var left = LatencyHistogram()
    var right = LatencyHistogram()
    var both = LatencyHistogram()
    for value in Int64(0)..<500 {
      if value.isMultiple(of: 3) {
        left.record(milliseconds: value * 7)
      } else {
        right.record(milliseconds: value * 7)
      }
      both.record(milliseconds: value * 7)
    }
    left.add(right)
    #expect(left == both)
  }
}

@Suite("Times in words")
struct TimestampTests {
  @Test(
    "a time is RFC 3339 in UTC with milliseconds",
    arguments: [
      (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (1_795_482_478_120, "2026-11-24T01:07:58.120Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ])
  func text(milliseconds: Int64, text: String) {
    #expect(Timestamp.text(milliseconds) == text)
    #expect(Timestamp.milliseconds(text) == milliseconds)
  }

  @Test(
    "what is no such time is refused",
    arguments: [
      "2026-02-29T00:00:00.000Z", "2026-11-24T24:00:00.000Z", "2026-11-24T00:00:00Z", "",
      "2026-11-24T00:00:00.000z", "2026-13-01T00:00:00.000Z",
    ])
  func refused(text: String) { #expect(Timestamp.milliseconds(text) == nil) }

  @Test(
    "durations read as people say them",
    arguments: [
      (Int64(-5), "0 ms"), (0, "0 ms"), (850, "850 ms"), (999, "999 ms"), (1_000, "1 s"),
      (1_099, "1 s"), (1_100, "1.1 s"), (9_999, "9.9 s"), (10_000, "10 s"), (10_100, "10 s"),
      (12_400, "12 s"), (59_999, "59 s"), (60_000, "1 min"), (250_000, "4 min 10 s"),
      (3_599_999, "59 min 59 s"), (3_600_000, "1 h"), (5_400_000, "1 h 30 min"),
      (36_540_000, "10 h 9 min"),
    ])
  func durations(milliseconds: Int64, text: String) {
    #expect(Wording.duration(milliseconds) == text)
  }

  @Test("a time that passed is told within one boot only, whatever the wall clocks say")
  func moments() {
    func moment(_ wall: Int64, _ monotonic: Int64, _ boot: String) -> Moment {
      Moment(wallMilliseconds: wall, monotonicMilliseconds: monotonic, boot: boot)
    }
    let first = moment(1_000, 500, "a")
    #expect(moment(0, 750, "a").milliseconds(since: first) == 250)
    #expect(moment(0, 400, "a").milliseconds(since: first) == -100)
    #expect(moment(2_000, 750, "b").milliseconds(since: first) == nil)
  }
}
