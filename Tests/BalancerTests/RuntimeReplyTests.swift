import SluiceCore
import SluicePorts
import Testing

@testable import SluiceHAProxy

@Suite("HAProxy's runtime answers")
struct RuntimeReplyTests {
  @Test("several answers on one connection are told apart by their blank lines") func split() {
    let text = "Name: HAProxy\nPid: 7\n\n\nentry not found.\n\nkey=\"state\"\n\n"
    #expect(
      RuntimeReply.split(text, count: 4)
        == ["Name: HAProxy\nPid: 7\n", "", "entry not found.\n", "key=\"state\"\n"])
  }

  @Test("answers that broke off are too few")
  func brokenOff() {
    #expect(RuntimeReply.split("Pid: 7\n\nkey=\"st", count: 2) == nil)
    #expect(RuntimeReply.split("Pid: 7\n\n", count: 2) == nil)
    #expect(RuntimeReply.split("Pid: 7\n", count: 1) == nil)
    #expect(RuntimeReply.split("", count: 1) == nil)
  }

  @Test("a blank answer alone is success")
  func confirm() throws {
    try RuntimeReply.confirm("")
    try RuntimeReply.confirm("\n")
    for text in ["entry not found.\n", "No such server.\n", "Unknown command: 'x', but maybe\n"] {
      #expect(throws: RuntimeReply.Fault.self) { try RuntimeReply.confirm(text) }
    }
  }

  @Test("show info") func info() throws {
    let info = try RuntimeReply.info(
      "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nUptime: 0d 0h01m\nUptime_sec: 61\nPid: 4711\n")
    #expect(info == .init(processID: 4711, upSeconds: 61, version: "2.6.12-1+deb12u4"))
    #expect(throws: RuntimeReply.Fault.self) { try RuntimeReply.info("Name: HAProxy\n") }
  }

  @Test("get map") func map() throws {
    let found = "type=str, case=sensitive, found=yes, idx=tree, key=\"state\", "
    #expect(
      try RuntimeReply.mapValue(found + "value=\"500:1:7\", type=\"str\"\n") == "500:1:7")
    #expect(try RuntimeReply.mapValue("type=str, case=sensitive, found=no\n") == nil)
    #expect(throws: RuntimeReply.Fault.self) {
      try RuntimeReply.mapValue("Unknown map identifier. Please use #<id> or <file>.\n")
    }
  }

  @Test("show servers state: up, drained, in maintenance, whatever the order of the columns")
  func servers() throws {
    let text = """
      1
      # srv_admin_state be_id be_name srv_name srv_op_state
      0 3 arm_stable mac-b 2
      8 3 arm_stable mac-c 2
      1 4 arm_canary mac-a 0
      4 4 arm_canary mac-d 0
      """
    let servers = try RuntimeReply.servers(text)
    #expect(servers.count == 4)
    #expect(
      servers["arm_stable/mac-b"] == .init(isUp: true, isTakenOut: false, isInMaintenance: false))
    #expect(
      servers["arm_stable/mac-c"] == .init(isUp: true, isTakenOut: true, isInMaintenance: false))
    #expect(
      servers["arm_canary/mac-a"] == .init(isUp: false, isTakenOut: true, isInMaintenance: true))
    #expect(
      servers["arm_canary/mac-d"] == .init(isUp: false, isTakenOut: false, isInMaintenance: false))
    #expect(throws: RuntimeReply.Fault.self) { try RuntimeReply.servers("Permission denied\n") }
    #expect(throws: RuntimeReply.Fault.self) {
      try RuntimeReply.servers("1\n# be_name srv_name\na b\n")
    }
  }

  @Test("show stat") func sessions() throws {
    let sessions = try RuntimeReply.sessions(
      "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin\narm_stable,mac-b,0,0,12,26,,189,9,4\n")
    #expect(sessions == ["arm_stable/mac-b": 12])
    #expect(throws: RuntimeReply.Fault.self) { try RuntimeReply.sessions("") }
    // A row that broke off, a number that is none, and columns that come too late to be read.
    let heading = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin\n"
    for row in ["arm_stable,mac-b,0,0,12,26,,189\n", "arm_stable\n", "a,b,0,0,x,26,,189,9,4\n"] {
      #expect(throws: RuntimeReply.Fault.self, "\(row)") {
        try RuntimeReply.sessions(heading + row)
      }
    }
    #expect(throws: RuntimeReply.Fault.self) {
      try RuntimeReply.sessions("# pxname,svname,a,b,c,d,e,f,scur\nx,y,0,0,0,0,0,0,1,1\n")
    }
  }

  @Test("show table and show env") func tables() {
    let text =
      "# table: st_seq, type: string, size:4, used:1\n"
      + "0x55ff53c4d718: key=n use=0 exp=0 shard=0 gpc0=378928\n"
    #expect(RuntimeReply.tableEntry("n", text)?["gpc0"] == "378928")
    #expect(RuntimeReply.tableEntry("m", text) == nil)
    #expect(RuntimeReply.variable("SLUICE_RUN", "SLUICE_RUN=aabb\n") == "aabb")
    #expect(RuntimeReply.variable("SLUICE_RUN", "Variable not found\n") == nil)
  }
}

@Suite("The balancer's state in one value")
struct StateMapTests {
  @Test("written and read back", arguments: [0, 5, 100])
  func roundTrip(percent: Int) throws {
    let weights = Weights.percent(percent, pinEpoch: 3, generation: 12)
    let value = try StateMap.value(of: weights, .blank)
    #expect(value == "\(percent * 100):3:12:\(FleetSecret.blank.canaryPin(3))")
    #expect(StateMap.weights(from: value, .blank) == weights)
    // As a Sluice without a secret wrote it.
    #expect(StateMap.weights(from: "\(percent * 100):3:12", .blank) == weights)
    // Of another fleet, or another pin epoch.
    #expect(StateMap.weights(from: value, .random()) == nil)
    #expect(StateMap.weights(from: value.replacing(":3:", with: ":4:"), .blank) == nil)
  }

  @Test(
    "anything else is none",
    arguments: [
      "", "500", "500:1", "10001:1:1", "-1:1:1", "0500:1:1", "500:1:1:1", "7.5:1:1",
      "500: 1:1", "+5:1:1", "500:3000000000:1",
    ])
  func others(text: String) { #expect(StateMap.weights(from: text, .blank) == nil) }

  @Test("numbers that a key's memory cannot hold are refused")
  func range() {
    #expect(throws: PortError.self) {
      try StateMap.value(of: .percent(5, pinEpoch: 3_000_000_000, generation: 1), .blank)
    }
    #expect(throws: PortError.self) {
      try StateMap.value(of: .percent(5, pinEpoch: -1, generation: 1), .blank)
    }
  }

  @Test("what the frontend refused is summed by the columns' names")
  func refusals() throws {
    let text = """
      # svname,pxname,dreq,note,dcon,dses
      BACKEND,gw2,9,,9,9
      FRONTEND,gw,1,"a,b",20,300

      """
    #expect(try RuntimeReply.refusals(of: "gw", text) == 321)
    #expect(throws: RuntimeReply.Fault.self) { try RuntimeReply.refusals(of: "other", text) }
    #expect(throws: RuntimeReply.Fault.self) {
      try RuntimeReply.refusals(of: "gw", "# pxname,dcon\ngw,1\n")
    }
  }
}
