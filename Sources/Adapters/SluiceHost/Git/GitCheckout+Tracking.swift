import SluiceCore
import SluicePorts
import SluiceSystem

/// The differences between the pack in a checkout's working tree and the content of a later commit.
public struct PackTracking: Sendable {
  /// Files that git leaves out by an ignore rule.
  public var ignored: [String] = []
  /// Files that are not in the index.
  public var untracked: [String] = []
  /// Files of which git would store other bytes, with the setting that changes them.
  public var altered: [(path: String, by: String)] = []
  /// The lock or its manifest, where an ignore rule leaves it out.
  public var ignoredLocks: [String] = []

  /// Throws the reason why the pack in the working tree cannot be committed.
  public func requireCommittable(in checkout: String) throws(PortError) {
    if let first = ignored.first {
      throw PortError(
        .refused,
        "git ignores \(Self.list(ignored)) in \(checkout), so no commit would hold what the lock says",
        remedy: "Remove \(ignored.count == 1 ? "it" : "them"), or track "
          + "\(ignored.count == 1 ? "it" : "them"):  git add -f \(Self.quoted(first))")
    }
    if let first = altered.first {
      throw PortError(
        .refused,
        "git would store other bytes of \(Self.list(altered.map(\.path))) in \(checkout): \(first.by)",
        remedy: "Store the file as it stands: write  \(GitCheckout.skillsFolder)/** -text -filter "
          + "-ident -working-tree-encoding  into .gitattributes, or give the file the line endings "
          + "that git would give it.")
    }
  }

  /// The files to add before the commit.
  public var notes: [String] {
    var notes: [String] = []
    if !untracked.isEmpty {
      notes.append(
        "git does not track \(Self.list(untracked)) yet. Add it to the commit:  git add "
          + GitCheckout.skillsFolder)
    }
    if !ignoredLocks.isEmpty {
      notes.append(
        "git ignores \(Self.list(ignoredLocks)). Add it all the same:  git add -f "
          + ignoredLocks.joined(separator: " "))
    }
    return notes
  }

  /// The first paths, and how many more there are.
  static func list(_ paths: [String]) -> String {
    paths.prefix(3).joined(separator: ", ")
      + (paths.count > 3 ? " and \(paths.count - 3) more" : "")
  }

  private static func quoted(_ path: String) -> String {
    let plain = path.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "._-/+".utf8.contains(byte)
    }
    return plain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }
}

extension GitCheckout {
  /// Nil where there is no checkout yet. Runs no program that the repository names.
  ///
  /// - Parameter manifest: of the pack in the working tree.
  public func tracking(of manifest: SkillManifest) async throws(PortError) -> PackTracking? {
    let status = try PortError.translating { () throws(SystemError) in
      try Files.status(of: "\(directory)/.git")
    }
    guard status != nil else { return nil }
    let files = manifest.entries.map { "\(Self.skillsFolder)/\($0.path)" }
    return try await read { git throws(PortError) in
      var tracking = PackTracking()
      let folder = Self.skillsFolder
      tracking.ignored = Self.records(
        try await git.output(GitArguments.others(folder, ignored: true)))
      tracking.untracked = Self.records(
        try await git.output(GitArguments.others(folder, ignored: false)))
      tracking.ignoredLocks = try await ignored([LockFile.name, LockWriter.manifestName], git)
      tracking.altered = try await altered(files, git)
      return tracking
    }
  }

  /// Of paths that git does not track.
  private func ignored(_ paths: [String], _ git: Git) async throws(PortError) -> [String] {
    let input = Array(paths.joined(separator: "\0").utf8) + [0]
    let outcome = try await git.run(GitArguments.ignored, input: input)
    // 1 says that none is ignored.
    if case .exited(1) = outcome.termination, outcome.standardError.isEmpty { return [] }
    guard outcome.succeeded else { throw git.failure(GitArguments.ignored, outcome) }
    return Self.records(outcome.standardOutput)
  }

  private static func records(_ output: [UInt8]) -> [String] {
    output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// By the names that git gives the bytes with and without what it would do to them.
  private func altered(_ files: [String], _ git: Git) async throws(PortError) -> [(
    path: String, by: String
  )] {
    let filters = try await filters(files, git)
    for (path, name) in filters where try await isConfigured(name) {
      return [(path, "the attribute filter=\(name) runs a program on it")]
    }
    // Named by the attributes and configured nowhere here: no program runs.
    let input = Array(files.joined(separator: "\n").utf8)
    let stored = try await git.output(GitArguments.hash(filtered: true), input: input)
    let plain = try await git.output(GitArguments.hash(filtered: false), input: input)
    let newLine = UInt8(ascii: "\n")
    return zip(files, zip(stored.split(separator: newLine), plain.split(separator: newLine)))
      .filter { $0.1.0 != $0.1.1 }
      .map { ($0.0, "line endings, an encoding or $Id$, by .gitattributes or core.autocrlf") }
  }

  /// Paths with the filter that the attributes name for each.
  private func filters(_ files: [String], _ git: Git) async throws(PortError) -> [(
    path: String, name: String
  )] {
    let input = Array(files.joined(separator: "\0").utf8) + [0]
    let fields = Self.records(try await git.output(GitArguments.filterAttribute, input: input))
    return stride(from: 0, to: fields.count - 2, by: 3).compactMap { index in
      let value = fields[index + 2]
      return ["unspecified", "unset", "set"].contains(value) ? nil : (fields[index], value)
    }
  }

  /// Whether adding a file would run that filter's program. Large files are everybody's own setting.
  /// Asked of the repository's own configuration: reading it runs nothing.
  private func isConfigured(_ filter: String) async throws(PortError) -> Bool {
    if filter == "lfs" { return true }
    for key in ["clean", "process"] {
      let outcome = try await plain.run(GitArguments.setting("filter.\(filter).\(key)"))
      if outcome.succeeded { return true }
    }
    return false
  }
}
