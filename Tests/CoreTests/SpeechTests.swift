import SluiceCore
import SluiceJSON
import Testing

@Suite("What a host may say")
struct SpeechTests {
  @Test(
    "a text is cut by characters and by bytes, and what was cut once is not cut again",
    arguments: [
      String(repeating: "x", count: 100_000), "e" + String(repeating: "\u{301}", count: 50_000),
      String(repeating: "👩‍👩‍👧‍👦", count: 5_000), String(repeating: "\u{1}", count: 301),
      String(repeating: "ä", count: 299) + "\n", String(repeating: "語", count: 200),
    ])
  func cut(_ text: String) {
    let heard = Speech.text(text)
    #expect(heard.unicodeScalars.count <= Speech.characters)
    #expect(heard.utf8.count <= Speech.bytes)
    #expect(!heard.unicodeScalars.contains { $0 < " " })
    #expect(Speech.text(heard) == heard)
  }

  @Test(
    "what fits stays as it is",
    arguments: ["", "a", "Grüße", String(repeating: "x", count: 300), "“quoted” \\ \"too\""])
  func fits(_ text: String) { #expect(Speech.text(text) == text) }

  @Test("a control character is no line break in a line of ours")
  func controls() { #expect(Speech.text("a\nb\u{1b}[2J\u{2028}c") == "a·b·[2J·c") }

  @Test("every control character and line separator is shown as a dot, and no other character is")
  func everyControl() throws {
    let shown = (0...0x2100).compactMap(Unicode.Scalar.init).filter {
      Speech.text("x\($0)") != "x\($0)"
    }.map(\.value)
    #expect(shown == Array(0..<0x20) + Array(0x7f...0x9f) + [0x2028, 0x2029])
    #expect(Speech.text("x\u{7f}y") == "x·y")
  }

  @Test("a report of ordinary size is heard word by word")
  func ordinary() throws {
    let report = HostReport.placed(
      PlaceReport(
        version: "1.4.2", tree: Digest(of: [1]), wasPlaced: false,
        tenants: (0..<Speech.elements).map { "tenant-\($0)" }))
    #expect(try report.heard() == report)
  }

  @Test("a list has an end, and a report has one where all its parts are as long as they may be")
  func lists() throws {
    let long = String(repeating: "y", count: 5_000)
    let report = HostReport.placed(
      PlaceReport(
        version: long, tree: Digest(of: [1]), wasPlaced: false,
        tenants: Array(repeating: long, count: 5_000)))
    guard case .placed(let heard) = try report.heard() else {
      Issue.record("it is another report")
      return
    }
    #expect(heard.tenants.count <= Speech.elements)
    #expect(try CanonicalJSON.bytes(heard).count <= 16 << 10)
  }

  @Test("findings are heard as the host has them, so that they can be accepted")
  func findings() throws {
    let finding = DoctorFinding(
      check: "core/doctor/x", severity: .error, requirement: "line one\nline two",
      path: "/" + String(repeating: "p", count: 900), target: nil, message: "m")
    let report = HostAnswer.findings(FindingsReport(findings: [finding], accepted: []))
    #expect(try report.heard() == report)
  }

  @Test("what is nested without end is not heard")
  func deep() throws {
    let deep = (0..<20).reduce(JSONValue.null) { inner, _ in ["outcome": ["report": inner]] }
    #expect(throws: SpeechFault.self) { try HostAnswer.heard(deep) }
    #expect(throws: SpeechFault.self) { try HostReport.heard(deep) }
  }

  @Test("what the ledger refused is told in fewer words, until there are none")
  func fewerWords() throws {
    let id = OperationID(rawValue: "p/3")
    var said: PromotionEvent = .asked(
      Request(
        action: .pause, actor: String(repeating: "a", count: 90_000),
        reason: String(repeating: "r", count: 90_000)))
    said = try #require(said.inFewerWords("too long"))
    #expect(try CanonicalJSON.bytes(said).count < 1_000)
    #expect(said.inFewerWords("too long") == nil)
    let done = PromotionEvent.finished(id, .inspected(blockers: ["a"]))
    guard case .finished(id, .failed(let failure))? = done.inFewerWords("too long") else {
      Issue.record("it is no failure")
      return
    }
    #expect(failure.isUnknown && failure.message.contains("too long"))
    #expect(PromotionEvent.leased(Epoch(3)).inFewerWords("too long") == nil)
  }
}
