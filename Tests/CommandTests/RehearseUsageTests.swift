import Testing

@testable import SluiceCommands

@Suite("What a rehearsal must be told")
struct RehearseUsageTests {
  @Test("a next build needs one to come from, and nothing is started without it")
  func nextBuild() async {
    let transcript = Transcript()
    #expect(await transcript.run("rehearse", "--openclaw-next", "/nowhere/openclaw") == .usage)
    #expect(transcript.messages.contains("--openclaw-next needs the build before it"))
    #expect(transcript.messages.contains("--openclaw"))
  }
}
