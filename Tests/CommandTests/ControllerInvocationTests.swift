import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

@Suite("How a controller is started")
struct ControllerInvocationTests {
  private static let tasks: [ControllerInvocation.Task] = [
    .start(PromotionID(rawValue: "p1"), plan: "7f3a91c2", actor: "ana", ticket: "OPS-311"),
    .start(PromotionID(rawValue: "p1"), plan: "7f3a91c2", actor: "--by", ticket: nil),
    .resume(nil),
    .resume(Request(action: .pause, actor: "bo", reason: "")),
    .resume(Request(action: .rollBack, actor: "bo", reason: "--start \"late\"\n")),
  ]

  @Test(
    "the controller reads what its starter composed", arguments: tasks,
    [nil, "/sluice/controllers/x.error"])
  func roundTrip(task: ControllerInvocation.Task, errorPath: String?) throws {
    let invocation = ControllerInvocation(task, errorPath: errorPath)
    let line = ["controller", "--fleet", "/etc/sluice.yaml"] + invocation.arguments
    guard case .command(let command) = try CommandLineProgram.spec.parse(line) else {
      Issue.record("it is no command")
      return
    }
    #expect(try ControllerInvocation(command, actor: "nobody") == invocation)
  }

  @Test("a controller that ends with an error leaves it in the file that it was given")
  func error() async throws {
    let directory = try TemporaryDirectory()
    let (file, fleet) = (directory("x.error"), directory("none.yaml"))
    let code = await Transcript().run(
      "controller", "--fleet", fleet, "--resume", "--error-file", file)
    #expect(code == .error)
    let error = try CanonicalJSON.decode(PortError.self, from: try Files.read(file))
    #expect(error.kind == .failed && error.message == "\(fleet) is not here")
    #expect(error.remedy?.contains("sluice init") == true)
    #expect(try Files.status(of: file)?.mode == 0o600)
  }
}
