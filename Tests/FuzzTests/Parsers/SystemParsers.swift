import SluiceCore
import SluicePorts

@testable import SluiceHost
@testable import SluiceSystem

/// Texts of git, the service managers and the kernel.
extension FuzzParser {
  /// The first byte is the program's exit code.
  static let serviceText = FuzzParser(
    "service-text", maximumBytes: 1_024,
    words: [
      "\tstate = running\n", "\tpid = ", "\tlast exit code = ", "spawn scheduled", "LoadState=",
      "ActiveState=", "SubState=", "MainPID=", "\" => disabled", "Could not find service",
    ]
  ) { bytes in
    let code = Int32(bytes.first ?? 0)
    let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
    let systemd = Systemctl(unit: "openclaw.service", isUser: true)
    let launchd = Launchctl(domain: "gui/501", label: "ai.openclaw.gateway")
    let readings = [
      Systemctl.reading(exit: code, output: text),
      Launchctl.reading(exit: code, output: text, errors: text),
    ]
    for reading in readings {
      if case .running(let pid) = reading { try require(pid > 0, "the process \(pid) runs") }
      if code != 0 {
        guard case .running = reading else { continue }
        throw BrokenProperty(description: "a service runs by the word of a program that failed")
      }
    }
    _ = systemd.obstacle(to: text)
    _ = (launchd.isDisabled(in: text), Launchctl.words(of: text))
    if let pid = Launchctl.startedPid(text) {
      try require(pid > 0, "the process \(pid) was started")
    }
  }

  static let gitText = FuzzParser(
    "git-text", maximumBytes: 512,
    words: [
      "100644 blob ", " M ", "R  ", "extensions.partialclone\n", "remote.origin.promisor\n",
      "http.proxy\n", "\t", "\0",
    ]
  ) { bytes in
    _ = GitArguments.dirtyPaths(bytes)
    let settings = GitSettings(listed: bytes, objectFormat: "sha1")
    for (key, _) in settings.pairs {
      try require(
        key.hasPrefix("core.") || key.hasPrefix("http.") || key.hasSuffix(".fsckobjects"),
        "\(key) is passed on to git")
    }
    _ = (settings.environment, settings.file)
    _ = try? CommitBounds.pack.check(bytes, of: "0123456789ab")
    let text = String(decoding: bytes, as: UTF8.self)
    if GitArguments.isValidTag(text) {
      try require(
        !text.contains("..") && !text.hasPrefix("-") && !text.contains(" "), "a tag is no name")
    }
    _ = GitArguments.isCommit(text)
  }

  static let processStat = FuzzParser("process-stat", maximumBytes: 256) { bytes in
    guard let line = ProcessStatLine(String(decoding: bytes, as: UTF8.self)) else { return }
    _ = (line.hasEnded, line.millisecondsSinceBoot(ticksPerSecond: 100))
  }

  /// Paths of a skill pack, one a line: names of files that somebody committed.
  static let packNames = FuzzParser(
    "pack-names", maximumBytes: 256, words: ["/", ".git", "SKILL.md", "sluice-release", "\u{301}"]
  ) { bytes in
    let hash = String(repeating: "0", count: 64)
    let paths = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      String(validating: line, as: UTF8.self)
    }
    let manifest = SkillManifest(paths.map { SkillManifest.Entry(path: $0, hash: hash) })
    if let read = SkillManifest(manifest.bytes, hashingTo: manifest.digest) {
      try require(read == manifest, "a manifest reads as another one")
    }
    guard (try? PackNames.check(manifest, root: "skills")) != nil else { return }
    for path in paths {
      let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
      try require(
        !parts.contains { $0.lowercased() == ".git" }, "a repository of its own is in the pack")
      try require(
        parts.first?.lowercased() != Marker.skillName, "a pack brings a marker of its own")
    }
  }
}
