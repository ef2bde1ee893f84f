import SluiceSystem
import Testing

@Suite("Standard output and standard error")
struct StandardStreamsTests {
  @Test("what is written to one of them comes out there, and not at the other")
  func apart() async throws {
    let result = await #expect(
      processExitsWith: .success,
      observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      StandardStreams.write("meant for output\n", toError: false)
      StandardStreams.write("meant for error\n", toError: true)
      try await StandardStreams.writeOutput(Array("all of it\n".utf8))
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let error = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains("meant for output\n") && output.contains("all of it\n"))
    #expect(!output.contains("meant for error"))
    #expect(error.contains("meant for error\n") && !error.contains("meant for output"))
  }
}
