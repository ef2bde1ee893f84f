import SluiceCore
import SluiceHAProxy
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceController

@Suite("What the keeper leaves for others to read")
struct KeeperPageTests {
  private var record: KeeperRecord {
    var record = KeeperRecord()
    record.atMilliseconds = 1_000
    record.restarts = 2
    record.admission = Admission(letIn: ["mac-b": "new error x"])
    record.silent = ["mac-c"]
    record.trusted = ["mac-a": ["telegram"]]
    record.floods = FloodCount()
    record.floods?.take(.init(processID: 3, refused: 1, untold: 1), at: 500)
    return record
  }

  @Test("metrics say that the balancer fails open, who is let in, and which agents are silent")
  func metrics() {
    let text = KeeperMetrics(record: record, now: 3_500).text
    for line in [
      "sluice_balancer_up 1", "sluice_balancer_fails_open 1", "sluice_balancer_restarts_total 2",
      "sluice_balancer_let_in{host=\"mac-b\"} 1", "sluice_balancer_agent_silent{host=\"mac-c\"} 1",
      "sluice_keeper_age_milliseconds 2500",
    ] { #expect(text.contains("\(line)\n"), "\(line)") }
    #expect(!text.contains("sluice_balancer_refused{"))
    var down = record
    down.trouble = .init(PortError(.unreachable, "gone"))
    #expect(KeeperMetrics(record: down, now: 0).text.contains("sluice_balancer_up 0\n"))
  }

  @Test(
    "a flood is counted over HAProxy's processes, is news for ten minutes, and is in the metrics")
  func floods() {
    var floods = FloodCount()
    floods.take(.init(processID: 1, refused: 0, untold: 0), at: 1_000)
    #expect(floods.news(now: 1_000) == nil)
    floods.take(.init(processID: 1, refused: 5, untold: 0), at: 2_000)
    floods.take(.init(processID: 1, refused: 5, untold: 0), at: 9_000)
    floods.take(.init(processID: 2, refused: 2, untold: 40), at: 10_000)
    #expect(floods.refused == 7 && floods.untold == 40 && floods.lastMilliseconds == 10_000)
    let news = floods.news(now: 11_000) ?? ""
    #expect(news.contains("7 connections") && news.contains("40 sessions"))
    #expect(floods.news(now: 611_000) == nil)
    var flooded = record
    flooded.floods = floods
    let text = KeeperMetrics(record: flooded, now: 0).text
    #expect(text.contains("sluice_balancer_refused_connections_total 7\n"))
    #expect(text.contains("sluice_balancer_untold_sessions_total 40\n"))
  }

  @Test("the record is read back as it was written; half of one is none")
  func file() throws {
    let directory = try TemporaryDirectory()
    let path = directory("keeper.json")
    try record.write(path)
    #expect(KeeperRecord.read(path) == record)
    let bytes = try Files.read(path)
    try Files.replace(path, with: Array(bytes.prefix(bytes.count / 2)))
    #expect(KeeperRecord.read(path) == nil)
  }
}
