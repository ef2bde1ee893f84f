import Foundation
import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceController

@Suite("Plans on disk")
struct PlanStoreTests {
  private let home: TemporaryDirectory
  private let writer: WriterSpec
  private var store: PlanStore { PlanStore(writer) }
  private var plans: String { home("state/plans") }

  init() throws {
    home = try TemporaryDirectory()
    var writer = ExampleFleet.fleet().writer
    writer.state = home("state")
    self.writer = writer
  }

  private func document(_ plan: Plan, at milliseconds: Int64) throws -> PlanDocument {
    var plan = plan
    plan.madeAtMilliseconds = milliseconds
    return PlanDocument(
      plan: plan, digest: try plan.digest(), ticket: "", blockers: [], warnings: [],
      filesChanged: nil, balancer: nil)
  }

  /// The lower a plan's number, the older its file.
  private func write(_ plan: Plan, _ numbers: Range<Int>) throws -> [PlanDocument] {
    try numbers.map { number in
      let document = try document(plan, at: Int64(number))
      try store.write(document)
      try age("\(document.digest.hex).json", number)
      return document
    }
  }

  private func age(_ name: String, _ number: Int) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: Double(number) * 60)],
      ofItemAtPath: "\(plans)/\(name)")
  }

  @Test("the newest twenty are kept; an older one goes with its approval")
  func pruned() async throws {
    let plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    let first = try write(plan, 1..<21)
    for document in first.prefix(2) {
      try store.write(
        Approval(
          plan: document.digest, actor: "kim", reason: "r", atMilliseconds: 0, accepts: []))
    }
    #expect(Set(store.sound()) == Set(first))
    let next = try write(plan, 21..<22)
    #expect(Set(store.sound()) == Set(first.dropFirst() + next))
    #expect(try Files.status(of: "\(plans)/\(first[0].digest.hex).approval") == nil)
    #expect(try store.approval(of: first[0].digest) == nil)
    #expect(try store.approval(of: first[1].digest)?.actor == "kim")
  }

  @Test("what cannot be removed is said with its path")
  func stuck() async throws {
    let plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    _ = try write(plan, 1..<21)
    let name = String(repeating: "0", count: 64) + ".json"
    try Files.makeDirectory("\(plans)/\(name)", mode: 0o700)
    try age(name, 0)
    let error = #expect(throws: PortError.self) {
      try store.write(try document(plan, at: 30))
    }
    #expect(error?.message.contains("the plan cannot be kept in \(plans)") == true)
    #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
  }

  @Test("a plan is found by the beginning of its digest, when that is long enough and its alone")
  func found() async throws {
    let plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    let document = try write(plan, 1..<2)[0]
    let digest = document.digest.hex
    func refusal(_ prefix: String) -> String? {
      do throws(PortError) { _ = try store.find(prefix) } catch { return error.message }
      return nil
    }
    #expect(try store.find(digest) == document && store.find(String(digest.prefix(4))) == document)
    #expect(refusal(String(digest.prefix(3)))?.hasPrefix("there is no plan") == true)
    #expect(refusal(digest + "0")?.hasPrefix("there is no plan") == true)
    let twin = String(digest.dropLast()) + (digest.hasSuffix("0") ? "1" : "0")
    try Files.create("\(plans)/\(twin).json", with: [], mode: 0o600)
    #expect(refusal(String(digest.prefix(8))) == "2 plans begin with \(digest.prefix(8))")
    #expect(refusal(twin)?.contains("\(twin).json cannot be read") == true)
    #expect(store.sound() == [document])
  }
}
