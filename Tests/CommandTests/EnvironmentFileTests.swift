import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceController

@Suite("The environment's file of a host")
struct EnvironmentFileTests {
  private let home: TemporaryDirectory

  init() throws { home = try TemporaryDirectory() }

  private func read(_ text: String, mode: UInt32 = 0o600) throws(PortError) -> [String: String] {
    do { try Files.replace(home("env"), with: Array(text.utf8), mode: mode) } catch {
      throw PortError(.failed, "\(error)")
    }
    return try EnvironmentFile.read(home("env"))
  }

  @Test("has a variable a line, and every value as it stands")
  func values() throws {
    let found = try read("# comment\nA=1\n\nKEY=a=b \"c\"\r\nEMPTY=\n_X9=Grüße\n")
    #expect(found == ["A": "1", "KEY": "a=b \"c\"", "EMPTY": "", "_X9": "Grüße"])
  }

  @Test(
    "what is no variable is named by its line, without what stands there",
    arguments: [
      "A=1\nhunter2\n", "A=1\nexport hunter2=x\n", "A=1\n=hunter2\n", "A=1\n9A=hunter2\n",
    ])
  func faults(_ text: String) {
    let error = #expect(throws: PortError.self) { try read(text) }
    #expect(error?.message.contains("env:2 ") == true)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test("is read only where others may not", arguments: [UInt32(0o640), 0o604, 0o666])
  func modes(_ mode: UInt32) {
    let error = #expect(throws: PortError.self) { try read("KEY=hunter2\n", mode: mode) }
    #expect(error?.remedy?.contains("chmod 600") == true)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test("a missing file and a directory are none")
  func missing() throws {
    #expect(throws: PortError.self) { try EnvironmentFile.read(home("none")) }
    #expect(throws: PortError.self) { try EnvironmentFile.read(home.path) }
  }
}
