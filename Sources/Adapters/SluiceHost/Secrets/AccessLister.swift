import SluiceSystem

/// The system's tool that prints a file's access list.
struct AccessLister: Sendable {
  /// An absolute path.
  let program: String
  let arguments: [String]
  let read: @Sendable (_ output: String) -> [AccessEntry]?

  /// Nil where the system has no such tool; then the mode alone counts.
  static func ofSystem() -> AccessLister? {
    switch Platform.current {
    case .macOS:
      AccessLister(
        program: "/bin/ls", arguments: ["-led", "--"], read: MacAccessList.entries(in:))
    case .linux:
      Processes.find("getfacl").map {
        AccessLister(program: $0, arguments: ["-p", "--"], read: PosixAccessList.entries(in:))
      }
    }
  }

  /// Nil when the tool fails, or prints something else.
  func entries(of path: String) async -> [AccessEntry]? {
    let command = ProcessCommand(
      program, arguments + [path], environment: ["LC_ALL": "C"], deadline: .seconds(5),
      outputLimit: 65_536)
    guard let outcome = try? await Processes.run(command), outcome.succeeded else { return nil }
    return read(outcome.outputText)
  }
}
