import SluiceCore
import SluiceJSON
import Testing

@Suite("What a client got")
struct AnswerClassTests {
  private func answer(
    _ status: Int, _ ending: String = "----", host: HostName? = HostName("mac-a")
  ) -> AnswerClass {
    SessionRecord(
      process: 1, sequence: 1, assignedMilliseconds: 0, arm: .canary, why: .draw, generation: 1,
      host: host, status: status, ending: ending, activeMilliseconds: 5,
      isWebSocket: status == 101, wasRetried: false
    ).answerClass
  }

  @Test("by its status, when both sides ended it in order")
  func statuses() {
    let expected: [(Int, AnswerClass)] = [
      (101, .informational), (200, .success), (204, .success), (302, .redirect),
      (400, .clientError),
      (401, .refused), (403, .refused), (404, .clientError), (429, .limited), (500, .serverError),
      (503, .serverError), (599, .serverError), (999, .serverError), (-1, .cut), (0, .cut),
    ]
    for (status, answer) in expected { #expect(self.answer(status) == answer, "\(status)") }
  }

  /// As HAProxy 2.6 wrote them for gateways and clients that did so.
  @Test("by who ended it, when it was ended before its time")
  func endings() {
    let gateway = HostName("mac-a")
    let expected: [(Int, String, HostName?, AnswerClass)] = [
      (200, "SD--", gateway, .cut), (502, "SH--", gateway, .cut), (502, "PH--", gateway, .cut),
      (200, "sD--", gateway, .timedOut), (504, "sH--", gateway, .timedOut),
      (503, "SC--", gateway, .noServer), (503, "SC--", nil, .noServer),
      (503, "sQ--", nil, .noServer), (504, "sC--", gateway, .noServer),
      (101, "SD--", gateway, .socketError), (101, "DD--", gateway, .socketError),
      (101, "CD--", gateway, .clientAborted), (101, "cD--", gateway, .clientAborted),
      (400, "CH--", gateway, .clientAborted), (408, "cR--", nil, .clientAborted),
      (101, "K---", gateway, .endedBySluice), (500, "KC--", gateway, .endedBySluice),
      (503, "LR--", nil, .endedBySluice), (400, "PR--", nil, .clientError),
      (399, "PR--", nil, .noServer), (403, "PR--", nil, .refused), (499, "PR--", nil, .clientError),
      (500, "PR--", nil, .noServer), (499, "PH--", gateway, .cut),
      (500, "IH--", gateway, .cut), (503, "RC--", nil, .noServer), (200, "DD--", gateway, .cut),
    ]
    for (status, ending, host, answer) in expected {
      #expect(self.answer(status, ending, host: host) == answer, "\(status) \(ending)")
    }
  }

  @Test("whatever the log says, a session is of one class, and counted once")
  func total() {
    var counts = AnswerCounts()
    let letters = ["-", "C", "c", "S", "s", "P", "R", "I", "D", "L", "U", "K", "Z"]
    let places = ["-", "R", "Q", "C", "H", "D", "L", "T", "?"]
    var seen = 0
    for status in [-1, 0, 99, 100, 101, 199, 200, 301, 400, 401, 403, 429, 500, 1_000] {
      for ending in letters.flatMap({ letter in places.map { "\(letter)\($0)--" } }) {
        counts.count(answer(status, ending))
        seen += 1
      }
    }
    for ending in ["", "S", "é"] {
      counts.count(answer(200, ending))
      seen += 1
    }
    #expect(counts.present.reduce(0) { $0 + $1.count } == seen)
    #expect(counts.sessions == counts.good + counts.bad)
    #expect(counts.sessions == seen - counts[.clientAborted] - counts[.endedBySluice])
  }

  @Test("every class has a place of its own")
  func places() {
    for answer in AnswerClass.allCases {
      var counts = AnswerCounts()
      counts.count(answer)
      #expect(counts.present.map(\.answer) == [answer])
      #expect(counts.good == (answer.isGood ? 1 : 0))
      #expect(counts.faults == (answer.isFault ? 1 : 0))
      #expect(counts.sessions == (answer.isSession ? 1 : 0))
    }
  }

  @Test("in the ledger, classes that have any; what is none of them is left out or refused")
  func json() throws {
    let counts = AnswerCounts([.success: 412, .refused: 3])
    let bytes = try CanonicalJSON.bytes(counts)
    #expect(String(decoding: bytes, as: UTF8.self) == #"{"2xx":412,"401/403":3}"#)
    func read(_ text: String) throws -> AnswerCounts {
      try CanonicalJSON.decode(AnswerCounts.self, from: try JSONValue.parse(Array(text.utf8)))
    }
    #expect(try read(#"{"2xx":412,"401/403":3}"#) == counts)
    #expect(try read(#"{"2xx":412,"401/403":3,"of a later version":9}"#) == counts)
    #expect(throws: (any Error).self) { try read(#"{"2xx":-1}"#) }
    #expect(throws: (any Error).self) { try read(#"{"2xx":9223372036854775807}"#) }
  }

  @Test("a step's line from before classes were counted is read")
  func olderLine() throws {
    let text = #"{"errors":1,"p50":4,"p95":9,"sessions":20}"#
    let summary = try CanonicalJSON.decode(
      Assessment.ArmSummary.self, from: try JSONValue.parse(Array(text.utf8)))
    #expect(summary.answers == nil && summary.good == 19)
  }

  @Test("numbers are written as people read them")
  func counts() {
    let expected = [
      0: "0", 7: "7", 999: "999", 1_000: "1,000", 868_123: "868,123", -1_234: "-1,234",
    ]
    for (number, text) in expected { #expect(Wording.count(number) == text) }
    #expect(Wording.count(.min) == "-9,223,372,036,854,775,808")
  }
}
