import SluiceCore
import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceOpenClaw

@Suite("The Node that a program finds")
struct NodeProgramTests {
  private let home: TemporaryDirectory

  init() throws {
    home = try TemporaryDirectory()
    try Files.makeDirectory(home("bin"))
    try script("node", "#!/bin/sh\necho v24.16.0\n")
  }

  private func script(_ name: String, _ text: String) throws {
    try Files.replace(home("bin/\(name)"), with: Array(text.utf8), mode: 0o755, durable: false)
  }

  private func version(_ program: String) async -> String? {
    await NodeProgram.version(
      of: home("bin/\(program)"), environment: ["PATH": "\(home("bin")):/usr/bin:/bin"])
  }

  @Test("By its first line: through env, by a path, with options, through a link")
  func found() async throws {
    try script("openclaw", "#!/usr/bin/env node\nimport './x.js'\n")
    #expect(await version("openclaw") == "v24.16.0")
    try script("direct", "#!\(home("bin/node"))\n")
    #expect(await version("direct") == "v24.16.0")
    try script("options", "#!/usr/bin/env -S node --enable-source-maps\n")
    #expect(await version("options") == "v24.16.0")
    try Files.swingLink(home("bin/linked"), to: home("bin/openclaw"), token: "t")
    #expect(await version("linked") == "v24.16.0")
    #expect(await version("node") == "v24.16.0")
  }

  @Test("What is not started by Node, fails or says no version tells nothing")
  func unknown() async throws {
    try script("shell", "#!/bin/sh\nexec node x.js\n")
    #expect(await version("shell") == nil)
    #expect(await version("missing") == nil)
    try script("openclaw", "#!/usr/bin/env node\n")
    try script("node", "#!/bin/sh\necho soon\n")
    #expect(await version("openclaw") == nil)
    try script("node", "#!/bin/sh\nexit 1\n")
    #expect(await version("openclaw") == nil)
  }

  @Test("A process that says its Node itself is taken at its word")
  func said() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      let gateway = try OpenClawGateway.forTest(
        "127.0.0.1:\(host.port)", in: home, client: HTTPClient(), dialect: .september)
      #expect(try await gateway.identity().node == "v24.19.0")
    }
  }
}
