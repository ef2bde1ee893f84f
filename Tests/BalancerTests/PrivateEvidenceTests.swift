import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceEvidence
@testable import SluiceHAProxy

/// A program that can write there can say how a release behaves.
@Suite("Evidence is kept where nobody else may write")
struct PrivateEvidenceTests {
  private static let promotion = PromotionID(rawValue: "p-1")

  private func log(_ directory: String) -> SessionLog {
    SessionLog(
      socket: "\(directory)/none", unread: "\(directory)/none", directory: directory,
      time: RealTime())
  }

  private func runs(_ directory: String) throws(PortError) {
    _ = try RunReader(Self.promotion, [:], directory, RealTime(), .seconds(1))
  }

  private func refusal(_ body: () async throws -> Void) async -> PortError? {
    do { try await body() } catch { return error as? PortError }
    return nil
  }

  @Test(
    "a directory that others may write to is refused, with what to do", arguments: ["log", "runs"])
  func open(kind: String) async throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("evidence"), mode: 0o777)
    let error = await refusal {
      if kind == "log" {
        _ = try await log(home("evidence")).batches(for: Self.promotion)
      } else {
        try runs(home("evidence"))
      }
    }
    #expect(error?.message.contains("\(home("evidence")) has mode 0777") == true, "\(kind)")
    #expect(error?.remedy?.contains("chmod go-w \(home("evidence"))") == true, "\(kind)")
    #expect(try Files.names(in: home("evidence")).isEmpty)
  }

  @Test("what is made is the account's alone")
  func made() async throws {
    let home = try TemporaryDirectory()
    _ = try await log(home("evidence")).batches(for: Self.promotion)
    try runs(home("evidence"))
    #expect(try Files.status(of: home("evidence"))?.mode == 0o700)
    let names = try Files.names(in: home("evidence"))
    #expect(names.contains("p-1.runs") && names.contains("p-1.evidence"))
    for name in names {
      #expect(try Files.status(of: home("evidence/\(name)"))?.mode == 0o600, "\(name)")
    }
  }
}
