import Testing

@testable import SluiceHAProxy

@Suite("Who HAProxy refuses")
struct RefusedGatewayTests {
  private let heading = "# pxname,svname,note,agent_health"

  @Test("a gateway whose agent's health is 0 is refused, whatever is quoted before it")
  func refused() throws {
    let text = #"""
      \#(heading)
      gw,mac-a,"down, by its agent",0
      gw,mac-b,"up, ""well""",1
      gw,BACKEND,,

      """#
    #expect(try RuntimeReply.refused(text) == ["gw/mac-a"])
  }

  @Test(
    "a row that ends before the health, and a heading without it, are told",
    arguments: ["gw,mac-a,x", "gw"])
  func tooShort(row: String) {
    #expect(throws: RuntimeReply.Fault.self) { try RuntimeReply.refused("\(heading)\n\(row)\n") }
    #expect(throws: RuntimeReply.Fault.self) {
      try RuntimeReply.refused("# pxname,svname\n\(row)\n")
    }
    #expect(throws: RuntimeReply.Fault.self) { try RuntimeReply.refused("") }
  }
}
