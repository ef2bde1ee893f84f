import Foundation
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

/// The ledger's file descriptor is made to mean something else, so that the operating system itself
/// fails the call.
@Suite("The ledger on a sick disk")
struct SickDiskTests {
  let directory: TemporaryDirectory
  var path: String { directory("promotions.jsonl") }

  init() throws { directory = try TemporaryDirectory() }

  /// Puts another open file in the place of the one that is open at `path`.
  func replaceDescriptor(with other: Int32) throws {
    for name in try Files.names(in: "/proc/self/fd") {
      let link = "/proc/self/fd/\(name)"
      // Descriptors of other tests come and go meanwhile.
      guard let target = try? Files.linkTarget(of: link), target == path else { continue }
      let number = try #require(Int32(name))
      #expect(dup2(other, number) == number)
      return
    }
    Issue.record("\(path) is not open")
  }

  /// Everything is refused from here on, with the same words; the lines before are still there.
  func expectGivenUp(_ ledger: LedgerFile, _ word: String) async throws {
    var messages: Set<String> = []
    for mayUseReserve in [false, true, true] {
      let error = await refusal {
        _ = try await ledger.append([draft("b")], mayUseReserve: mayUseReserve)
      }
      #expect(error?.kind == .unknown)
      #expect(error?.remedy?.contains("sluice resume") == true)
      messages.insert(error?.message ?? "it was appended")
    }
    #expect(messages.count == 1)
    #expect(messages.first?.contains(word) == true)
    try await LedgerFile(path: path).append("c")
    #expect(try await LedgerFile.kinds(at: path) == ["a", "c"])
  }

  @Test(
    "after a failed sync nothing more is written; another process goes on by what is there",
    .enabled(if: onLinux))
  func failedSync() async throws {
    let ledger = LedgerFile(path: path)
    try await ledger.append("a")
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }
    // A pipe takes the write and has no sync.
    try replaceDescriptor(with: ends[1])
    try await expectGivenUp(ledger, "fsync")
  }

  @Test(
    "bytes that read back as others are not lastKnown, and nothing more is written",
    .enabled(if: onLinux))
  func falseReadBack() async throws {
    let ledger = LedgerFile(path: path)
    try await ledger.append("a")
    let decoy = open(directory("decoy"), O_RDWR | O_CREAT | O_APPEND, 0o600)
    defer { close(decoy) }
    try replaceDescriptor(with: decoy)
    try await expectGivenUp(ledger, "read back")
  }
}
