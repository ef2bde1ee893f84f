import SluiceCore
import SluicePorts
import SluiceSimulator
import Testing

@testable import SluiceStatus

@Suite("What status says of a canary that went back by itself")
struct DeadManTests {
  private func remarks(fault: String?) async throws -> [HostStatus.Remark] {
    let canary = try #require(ExampleFleet.world().hosts[ExampleFleet.canary])
    var probe = try await canary.ask(.probe, deadline: .seconds(1))
    #expect(HostStatus(canary.host, arm: .canary, answer: .success(probe)).remarks.isEmpty)
    var report = DeadManReport(
      began: "2026-03-04T05:06:07.000Z", from: "1.4.2", to: "1.4.1",
      armedBy: OperationID(rawValue: "p1/6"))
    report.ended = "2026-03-04T05:06:17.000Z"
    report.fault = fault
    probe.deadMan = report
    return HostStatus(canary.host, arm: .canary, answer: .success(probe)).remarks
  }

  @Test("the host's line says when it went back, from what and to what")
  func went() async throws {
    let remark = try #require(try await remarks(fault: nil).first)
    #expect(remark.subject == "dead man" && remark.severity == .warning)
    #expect(remark.text.contains("2026-03-04T05:06:07.000Z"))
    #expect(remark.text.hasSuffix("from 1.4.2 to 1.4.1"))
  }

  @Test("a motion that failed is bad, and its fault is told")
  func failed() async throws {
    let remark = try #require(try await remarks(fault: "the gateway did not start").first)
    #expect(remark.severity == .bad && remark.text.hasSuffix("failed: the gateway did not start"))
  }
}
