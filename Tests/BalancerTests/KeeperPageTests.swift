import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceDaemon

@Suite("What the keeper leaves for others to read")
struct KeeperPageTests {
  private var record: KeeperRecord {
    var record = KeeperRecord()
    record.atMilliseconds = 1_000
    record.restarts = 2
    record.admission = Admission(letIn: ["mac-b": "new error x"])
    record.silent = ["mac-c"]
    record.trusted = ["mac-a": ["telegram"]]
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

  @Test("launchd and systemd are told to start it again and to leave HAProxy alone")
  func services() {
    let plist = KeeperService.launchd(
      program: "/opt/a & b/sluice", fleetPath: "/etc/<x>.yaml", user: "ana", log: "/var/log/k")
    #expect(plist.contains("<string>/opt/a &amp; b/sluice</string>"))
    #expect(plist.contains("<string>/etc/&lt;x&gt;.yaml</string>"))
    for key in ["KeepAlive", "RunAtLoad", "AbandonProcessGroup"] {
      #expect(plist.contains("<key>\(key)</key>\n  <true/>"))
    }
    let unit = KeeperService.systemd(
      program: "/opt/a b/sluice", fleetPath: "/etc/100%.yaml", user: "ana")
    #expect(
      unit.contains("ExecStart=\"/opt/a b/sluice\" balancer keep --fleet \"/etc/100%%.yaml\"\n"))
    for line in ["KillMode=process", "Restart=always", "WantedBy=multi-user.target"] {
      #expect(unit.contains("\(line)\n"))
    }
  }
}
