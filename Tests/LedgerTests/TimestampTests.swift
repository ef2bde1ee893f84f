import SluiceCore
import Testing

@Suite("Timestamps")
struct TimestampTests {
  // From `date -u -d … +%s`.
  static let known: [(String, Int64)] = [
    ("1970-01-01T00:00:00.000Z", 0), ("1969-12-31T23:59:59.999Z", -1),
    ("2000-02-29T12:34:56.789Z", 951_827_696_789), ("2026-11-24T02:07:58.120Z", 1_795_486_078_120),
    ("2100-03-01T00:00:00.000Z", 4_107_542_400_000),
    ("1900-02-28T23:59:59.000Z", -2_203_891_201_000),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ("0000-03-01T00:00:00.000Z", -62_162_035_200_000),
  ]

  @Test("known times are written and read", arguments: known)
  func knownTimes(text: String, milliseconds: Int64) {
    #expect(Timestamp.text(milliseconds) == text)
    #expect(Timestamp.milliseconds(text) == milliseconds)
  }

  // 1896 to 1904, 1996 to 2004, 2096 to 2104: around a leap century and two that are none.
  @Test(
    "every day comes back as it was, and each is the next one's eve",
    arguments: [-27_028 as Int64, 9_496, 46_021])
  func days(first: Int64) {
    var last = ""
    for day in first..<first + 3_287 {
      let text = Timestamp.text(day * 86_400_000)
      #expect(Timestamp.milliseconds(text) == day * 86_400_000)
      #expect(text > last)
      last = text
    }
  }

  @Test(
    "what is not exactly of the form is no time",
    arguments: [
      "", "2026-11-24T02:07:58Z", "2026-11-24T02:07:58.12Z", "2026-11-24 02:07:58.120Z",
      "2026-11-24t02:07:58.120z", "2026-13-01T00:00:00.000Z", "2026-00-01T00:00:00.000Z",
      "2026-02-29T00:00:00.000Z", "2026-11-31T00:00:00.000Z", "2026-11-24T24:00:00.000Z",
      "2026-11-24T02:60:00.000Z", "2026-11-24T02:07:60.000Z", "2026-11-24T02:07:58.120+",
      "+026-11-24T02:07:58.120Z", "２026-11-24T02:07:58.1Z",
    ])
  func refused(text: String) { #expect(Timestamp.milliseconds(text) == nil) }

  @Test("no number of milliseconds is trapped on", arguments: [Int64.min, .max])
  func extremes(milliseconds: Int64) {
    #expect(Timestamp.milliseconds(Timestamp.text(milliseconds)) == nil)
  }
}
