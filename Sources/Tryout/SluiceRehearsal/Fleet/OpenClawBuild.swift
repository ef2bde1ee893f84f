import SluiceFoundation
import SluicePorts
import SluiceSystem

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

  /// The `node_modules` that the program belongs to: it is a link into it, or a script that names
  /// it.
  func modules() throws(PortError) -> String {
    let path = try Disk.translating { () throws(SystemError) in try Self.resolved(program) }
    if let found = Self.modules(namedIn: path) { return found }
    let text = (try? Files.readText(path, limit: 1 << 16)) ?? ""
    if let found = text.split(separator: "\n").lazy.compactMap(Self.modules).first { return found }
    throw PortError(
      .refused, "\(program) does not say where its package is: no …/node_modules/openclaw in it",
      remedy: "Name the program that npm made: …/node_modules/.bin/openclaw")
  }

  private static let package = "/node_modules/openclaw/"

  /// The longest path that ends in `node_modules`, in a line of a script.
  static func modules(namedIn line: some StringProtocol) -> String? {
    guard let range = line.firstRange(of: package) else { return nil }
    let start = line[..<range.lowerBound].lastIndex { "\"'= \t".contains($0) }
    let head = line[(start.map(line.index(after:)) ?? line.startIndex)..<range.lowerBound]
    return head.hasPrefix("/") ? "\(head)/node_modules" : nil
  }

  private static func resolved(_ path: String) throws(SystemError) -> String {
    var path = path
    for _ in 0..<8 {
      guard
        let target = try Files.status(of: path)?.kind == .link ? Files.linkTarget(of: path) : nil
      else { return path }
      let folder = path.split(separator: "/").dropLast()
      path = target.hasPrefix("/") ? target : normalized(folder + target.split(separator: "/"))
    }
    return path
  }

  private static func normalized(_ parts: [Substring]) -> String {
    let kept = parts.reduce(into: [Substring]()) { kept, part in
      if part == ".." { _ = kept.popLast() } else if part != "." { kept.append(part) }
    }
    return "/" + kept.joined(separator: "/")
  }

  /// The environment of a gateway and its command line: the operator's path, since the program may
  /// be a script that looks for Node there; nothing that goes out to the network, nothing that
  /// updates itself.
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
