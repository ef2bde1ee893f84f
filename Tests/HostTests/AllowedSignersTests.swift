import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("The file that says who may sign")
struct AllowedSignersTests {
  private static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG4wQ2hpcm9uCharlesIsNoRealKeyAtAll00"

  private func fault(_ text: String) -> AllowedSigners.Fault? {
    do throws(AllowedSigners.Fault) {
      _ = try AllowedSigners(Array(text.utf8))
      return nil
    } catch { return error }
  }

  @Test("is read with its principals, options, remarks and blanks")
  func good() throws {
    let text = """
      # ours
      ana@ops.test \(Self.key) laptop of ana
      \tbob@ops.test,rob@ops.test namespaces="git,file",valid-after="20240101Z"  \(Self.key)

      cleo valid-before="20301231235959Z" sk-\(Self.key)
      """
    #expect(
      try AllowedSigners(Array(text.utf8)).principals
        == ["ana@ops.test", "bob@ops.test", "rob@ops.test", "cleo"])
  }

  @Test(
    "is refused by its line where one key could sign as anybody, or a line is not understood",
    arguments: [
      ("* KEY", "has * in \"*\""), ("*@ops.test KEY", "has *"), ("an?@ops.test KEY", "has ?"),
      ("!eve@ops.test,ana@ops.test KEY", "has !"), ("\"ana b\" KEY", "has quotes"),
      ("ana@ops.test,,b KEY", "empty principal"), ("ana@ops.test", "is not: principals"),
      ("KEY", "has the option \"AAAA"), ("ana@ops.test nonsense", "has the option \"nonsense\""),
      ("ana@ops.test cert-authority KEY", "has the option \"cert-authority\""),
      ("ana@ops.test namespaces=\"git\",verify-required KEY", "has the option"),
      ("ana@ops.test namespaces=git KEY", "without a value in quotes"),
      ("ana@ops.test namespaces=\"git KEY", "without a value in quotes"),
      ("ana@ops.test namespaces=\"git\"x KEY", "has broken options"),
      ("ana@ops.test KEY\r", "is no text of one line"), ("ana@ops.test \u{1b}[2J KEY", "no text"),
    ])
  func refused(line: String, words: String) throws {
    let bad = line.replacing("KEY", with: Self.key)
    let found = try #require(fault("# first\n\(bad)\nana@ops.test \(Self.key)\n"))
    #expect(found.line == 2 && found.message.contains(words), "\(found)")
  }

  @Test("is refused where it names nobody", arguments: ["", "\n", "# ana\n"])
  func nobody(text: String) {
    #expect(fault(text)?.message == "names nobody who may sign")
  }

  @Test("no tag is taken by a file that others may write, or that is not there")
  func rights() throws {
    let home = try TemporaryDirectory()
    let signers = TagSigners(
      SignedTags(allowedSigners: home("etc/signers")), program: try Program.path("ssh-keygen"),
      place: "mac-a")
    func refusal() -> PortError? {
      do throws(PortError) {
        _ = try signers.names()
        return nil
      } catch { return error }
    }
    #expect(refusal()?.message.contains("who may sign tags is not known on mac-a") == true)
    try Files.makeDirectory(home("etc"))
    try Files.replace(home("etc/signers"), with: Array("ana@ops.test \(Self.key)\n".utf8))
    #expect(try signers.names() == ["ana@ops.test"])
    try Files.setMode(home("etc/signers"), 0o664)
    #expect(refusal()?.remedy?.contains("chmod go-w \(home("etc/signers"))") == true)
    try Files.setMode(home("etc/signers"), 0o644)
    try Files.setMode(home("etc"), 0o777)
    #expect(refusal()?.remedy?.contains("chmod go-w \(home("etc"))") == true)
    try Files.setMode(home("etc"), 0o755)
    try Files.replace(home("etc/signers"), with: Array("*@ops.test \(Self.key)\n".utf8))
    let wild = try #require(refusal())
    #expect(wild.message.contains("\(home("etc/signers")):1 on mac-a has *"), "\(wild)")
  }
}
