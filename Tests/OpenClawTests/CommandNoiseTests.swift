import Foundation
import SluiceCore
import SluiceHTTP
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceOpenClaw

@Suite("Noise around the answers of OpenClaw's program", .serialized)
struct CommandNoiseTests {
  private func program(_ script: String, in directory: TemporaryDirectory) throws
    -> OpenClawGateway
  {
    let path = directory("openclaw-\(Randomness.hexadecimal(bytes: 4))")
    try Files.replace(path, with: Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o755, durable: false)
    var deadlines = OpenClawDeadlines.patient
    deadlines.silence = .milliseconds(200)
    return try OpenClawGateway.forTest(
      "127.0.0.1:1", in: directory, client: HTTPClient(), cli: path, deadlines: deadlines)
  }

  private static let report =
    #"{"findings":[{"checkId":"a","severity":"warning","message":"m"}]}"#

  @Test(
    "C1: Doctor's report is read whatever another one writes around it, and the noise is told",
    arguments: [
      #"echo '[plugins] loading x'; cat report"#, #"cat report; echo; echo 'bye {now}'"#,
      #"printf '\357\273\277'; cat report"#,
      #"printf '\033[33mWARN\033[0m old node\r\n'; cat report"#,
      #"echo '{"level":"info","msg":"loading"}'; cat report"#, #"cat report; echo; cat report"#,
      #"echo '{broken'; cat report"#,
    ])
  func doctor(_ script: String) async throws {
    let directory = try TemporaryDirectory()
    try Files.replace(directory("report"), with: Array(Self.report.utf8), durable: false)
    let gateway = try program("cd '\(directory.path)'; \(script)", in: directory)
    let report = try await gateway.doctor()
    #expect(report.findings.map(\.check) == ["a"])
    let isPlain = script.hasPrefix("printf '\\357")
    #expect((report.note == nil) == isPlain, "\(report.note ?? "no note")")
  }

  @Test("two reports that differ are no answer, and are told as that")
  func ambiguous() async throws {
    let directory = try TemporaryDirectory()
    let gateway = try program(
      #"echo '{"findings":[]}'; echo '{"findings":[{"checkId":"a","severity":"error"}]}'"#,
      in: directory)
    let error = try await failure { try await gateway.doctor() }
    #expect(error.message.contains("2 JSON documents"))
  }

  @Test("B1: a Doctor that has answered and does not exit counts, is ended, and it is noted")
  func hangs() async throws {
    let directory = try TemporaryDirectory()
    let gateway = try program(
      """
      [ "$1" = doctor ] || { echo 'OpenClaw 2026.9.6 (eb377ac)'; exit 0; }
      echo $$ >'\(directory("pid"))'; echo '\(Self.report)'; exec sleep 600
      """, in: directory)
    let report = try await gateway.doctor()
    #expect(report.findings.map(\.check) == ["a"])
    #expect(report.note?.contains("did not exit") == true)
    let pid = try #require(
      Int32(Files.readText(directory("pid")).trimmingCharacters(in: .newlines)))
    #expect(Processes.identity(of: pid) == nil)
  }

  @Test("the examination shows what was odd about Doctor's answer")
  func examined() async throws {
    let directory = try TemporaryDirectory()
    let gateway = try program("echo '[x] loading'; echo '\(Self.report)'", in: directory)
    let answers = await gateway.examine(tenants: [])
    let doctor = try #require(answers.first { $0.capability == "doctor" })
    #expect(doctor.level == .odd && doctor.means.contains("[x] loading"))
  }

  @Test(
    "the version stands on a line of its own among others",
    arguments: [
      ("OpenClaw 2026.9.6 (eb377ac)\n", "2026.9.6"), ("OpenClaw 2026.9.6\n", "2026.9.6"),
      ("(node:1) Warning: old\nOpenClaw 2026.9.6 (eb377ac)\n", "2026.9.6"),
      ("\u{1B}[1mOpenClaw 2026.9.6\u{1B}[0m (eb377ac)\r\n", "2026.9.6"),
      ("OpenClaw 2026.9.6 (a)\nOpenClaw 2026.9.6 (a)\n", "2026.9.6"),
      ("[x] loading\n{\"version\":\"2026.9.6\"}\n", "2026.9.6"),
      ("OpenClaw 2026.9.6 (a)\nOpenClaw 2026.9.4 (b)\n", nil), ("OpenClaw is old\n", nil),
      ("{\"version\":\"2026.9.6\"}{\"version\":\"2026.9.4\"}", nil), ("", nil),
    ] as [(String, String?)])
  func version(text: String, version: String?) {
    let output = CommandOutput(exit: 0, standardOutput: Array(text.utf8), standardError: [])
    #expect(CommandReaders.version(output) == version)
  }

  @Test("a growing answer, another command's answer and a log line are no whole answer")
  func whole() {
    func isWhole(_ text: String, _ command: OpenClawCommand = .doctor) -> Bool {
      CommandReaders.isWhole(Array(text.utf8), to: command)
    }
    #expect(isWhole(Self.report) && isWhole("[x]\n" + Self.report + "\n"))
    #expect(!isWhole(String(Self.report.dropLast())))
    #expect(!isWhole(Self.report + "\n{\"findings\":["))
    #expect(!isWhole(#"{"level":"info"}"#) && !isWhole(#"{"error":"x"}"#) && !isWhole(""))
    #expect(isWhole("OpenClaw 2026.9.6\n", .version) && !isWhole("OpenClaw", .version))
  }
}
