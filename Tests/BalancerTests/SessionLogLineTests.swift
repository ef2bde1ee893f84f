import SluiceCore
import SluicePorts
import Testing

@testable import SluiceHAProxy

@Suite("A line of the session log")
struct SessionLogLineTests {
  static func line(
    run: String = "0a1b2c3d4e5f", n: String = "28", t: String = "1795387051589",
    arm: String = "canary", why: String = "draw", state: String = "500:1:7",
    server: String = "mac-a", status: String = "200", ending: String = "----",
    active: String = "12", rc: String = "0", id: String = "6B036EAB.771C.0028"
  ) -> String {
    #"{"v":1,"run":"\#(run)","pid":30492,"n":"\#(n)","t":"\#(t)","arm":"\#(arm)","#
      + #""why":"\#(why)","state":"\#(state)","srv":"\#(server)","st":\#(status),"#
      + #""ts":"\#(ending)","Ta":\#(active),"rc":"\#(rc)","id":"\#(id)"}"#
  }

  private func read(_ text: String) -> SessionLogLine { SessionLogLine(Array(text.utf8)[...]) }

  @Test("is read whole") func whole() {
    let session = SessionRecord(
      process: 30492, sequence: 28, assignedMilliseconds: 1_795_387_051_589, arm: .canary,
      why: .draw, generation: 7, host: HostName("mac-a"), status: 200, ending: "----",
      activeMilliseconds: 12, isWebSocket: false, wasRetried: false)
    #expect(read(Self.line()) == .session(session, run: 0x0A1B_2C3D_4E5F))
  }

  /// With the fields behind the id.
  static func whole(tenant: String) -> String {
    line().dropLast() + #","src":"1","w":"post","te":"\#(tenant)"}"#
  }

  @Test("names a tenant that a step pins, and no text that cannot name one") func tenants() {
    func tenant(_ text: String) -> String?? {
      guard case .session(let session, _) = read(text) else { return nil }
      return session.tenant
    }
    #expect(tenant(Self.whole(tenant: "acme")) == "acme")
    #expect(tenant(Self.whole(tenant: "-")) == .some(nil))
    #expect(tenant(Self.line().dropLast() + #","src":"1","w":"post"}"#) == .some(nil))
    let hostile = [
      "", "Acme", "-acme", "a b", #"a\"#, "a\"", #"a","te":"b"#, "a\0b", "ä",
      String(repeating: "a", count: 64),
    ]
    for text in hostile { #expect(read(Self.whole(tenant: text)) == .malformed, "\(text)") }
  }

  @Test("tells the tenant that the front named, in hex, and takes nothing that is no hex")
  func callers() {
    func caller(_ hex: String) -> SessionRecord.Caller?? {
      guard
        case .session(let session, _) = read(
          Self.whole(tenant: "-").dropLast(2) + #"","tn":"\#(hex)"}"#)
      else { return nil }
      return session.caller
    }
    func hex(_ text: String) -> String {
      text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        .uppercased()
    }
    #expect(caller(hex("acme")) == .tenant("acme"))
    #expect(caller("-") == .nobody)
    let nobodys = ["a b", #"a","tn":"62"#, "a\0b", "ä", "-acme", String(repeating: "a", count: 64)]
    for text in nobodys { #expect(caller(hex(text)) == .nobody, "\(text)") }
    let bad = ["", "6", "6G", "+1", "61 62", "acme", hex(String(repeating: "a", count: 65))]
    for text in bad { #expect(caller(text) == nil, "\(text)") }
    guard case .session(let old, _) = read(Self.whole(tenant: "acme")) else {
      Issue.record("a line without the field is not read")
      return
    }
    #expect(old.caller == nil && old.tenant == "acme")
  }

  @Test("what differs from the plain case") func cases() throws {
    func session(_ text: String) throws -> SessionRecord {
      guard case .session(let session, _) = read(text) else {
        throw Unread(text: text)
      }
      return session
    }
    #expect(try session(Self.line(status: "101")).isWebSocket)
    #expect(try session(Self.line(rc: "+1")).wasRetried)
    #expect(try session(Self.line(rc: "2")).wasRetried)
    #expect(try session(Self.line(server: "<NOSRV>", status: "503")).host == nil)
    #expect(try session(Self.line(why: "hold", server: "-", ending: "LR--")).why == .hold)
    #expect(try session(Self.line(arm: "stable", why: "failopen")).why == .failOpen)
    #expect(try session(Self.line(status: "-1", ending: "CR--", active: "-1")).status == -1)
    #expect(try session(Self.line(status: "101", ending: "K---")).endedFromOutside)
  }

  private struct Unread: Error { var text: String }

  @Test("a request that was no HTTP has no number") func unassigned() {
    #expect(
      read(Self.line(n: "-", t: "-", arm: "-", why: "-", state: "-", server: "<NOSRV>"))
        == .unassigned)
  }

  @Test(
    "what is not exactly of that form is no session",
    arguments: [
      line(run: "0A1B2C3D4E5F"), line(run: ""), line(n: "0"), line(n: "-1"), line(n: "007"),
      line(n: "9999999999999999999"), line(arm: "cananary"), line(arm: ""), line(why: "because"),
      line(state: "500:1"), line(state: "10001:1:1"), line(state: "500:1:"), line(t: "now"),
      line(server: "Mac"), line(server: #"a","st":200"#), line(status: ""), line(status: "-2"),
      line(ending: "---"), line(ending: "12--"), line(rc: ""), line(id: ""), line(id: "a b"),
      line() + " ", line() + "}", String(line().dropLast()), String(line().prefix(150)), "{}", "{",
      #"{"v":1}"#, #"{"v":2"# + line().dropFirst(6),
    ])
  func malformed(text: String) { #expect(read(text) == .malformed) }

  @Test("any prefix of a line and any changed byte is safe to read") func robust() {
    let bytes = Array(Self.line().utf8)
    for index in bytes.indices {
      #expect(SessionLogLine(bytes[..<index]) != read(Self.line()))
      for value: UInt8 in [0, 0x0A, 0x22, 0x5C, 0xFF] where bytes[index] != value {
        var changed = bytes
        changed[index] = value
        #expect(SessionLogLine(changed[...]) != read(Self.line()))
      }
    }
  }

  @Test("other text is a notice, cut and without control bytes") func notices() {
    #expect(
      read("Server arm_canary/mac-a is DOWN\u{1B}[2J\u{7F}")
        == .notice(
          EvidenceNotice("Server arm_canary/mac-a is DOWN?[2J?", host: HostName("mac-a"))))
    guard case .notice(let notice) = read(String(repeating: "x", count: 1_000)) else {
      Issue.record("no notice")
      return
    }
    #expect(notice.text.utf8.count == 300)
  }

  @Test(
    "a notice that only says that a server went or came names the host",
    arguments: [
      (
        "Server arm_stable/mac-b is DOWN, changed from CLI. 1 active and 0 backup servers left.",
        "mac-b"
      ),
      ("Server arm_stable/mac-b remains in forced drain mode.", "mac-b"),
      ("Server arm_canary/mac-a is UP (leaving forced drain).", "mac-a"),
      ("Server arm_stable is DOWN", nil), ("Server arm_stable/ is DOWN", nil),
      ("Proxy sessions stopped (cumulated conns: FE: 12, BE: 0).", nil), ("Server", nil), ("", nil),
    ])
  func hosts(text: String, host: String?) {
    #expect(read(text) == .notice(EvidenceNotice(text, host: host.map { HostName($0) })))
  }
}
