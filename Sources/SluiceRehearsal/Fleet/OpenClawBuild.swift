import SluicePorts
import SluiceSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An installed build of OpenClaw, by its program.
public struct OpenClawBuild: Sendable, Hashable {
  /// Absolute.
  public let program: String
  /// `2026.9.6`, as it says itself.
  public let version: String

  public init(program: String, version: String) {
    self.program = program
    self.version = version
  }

  /// Asks the program which build it is.
  public static func read(_ program: String) async throws(PortError) -> OpenClawBuild {
    let command = ProcessCommand(
      program, ["--version"], environment: environment(home: "/nonexistent"),
      deadline: .seconds(60))
    let outcome: ProcessOutcome
    do { outcome = try await Processes.run(command) } catch {
      throw PortError(
        .refused, "\(program) cannot be run: \(error)",
        remedy: "Name OpenClaw's program: --openclaw /usr/local/bin/openclaw")
    }
    guard let version = version(in: outcome.outputText) else {
      throw PortError(
        .refused, "\(program) --version does not say which OpenClaw it is",
        remedy: "Name OpenClaw's program: --openclaw /usr/local/bin/openclaw")
    }
    return OpenClawBuild(program: program, version: version)
  }

  /// `OpenClaw 2026.9.6 (eb377ac)`.
  static func version(in text: String) -> String? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let name = words.firstIndex(of: "OpenClaw"), name + 1 < words.count,
      let first = words[name + 1].utf8.first, (0x30...0x39).contains(first)
    else { return nil }
    return String(words[name + 1])
  }

  /// What a gateway and its command line get: the operator's path, since the program may be a script
  /// that looks for Node there; nothing that goes out to the network, nothing that updates itself.
  static func environment(home: String) -> [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return [
      "HOME": home, "PATH": path, "NO_COLOR": "1", "LC_ALL": "C",
      "OPENCLAW_NO_AUTO_UPDATE": "1", "OPENCLAW_DISABLE_BONJOUR": "1",
    ]
  }
}

extension RehearsalFleet {
  /// ` of OpenClaw 2026.9.6`; nothing for the stand-in.
  var buildName: String { programs.build.map { " of OpenClaw \($0.version)" } ?? "" }
}
