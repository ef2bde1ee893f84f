import SluiceSystem
import SluiceTestSupport
import Testing

/// Files outside every root that Sluice was given: nobody may read, change or mention them.
struct Decoys {
  /// The text of every decoy: an output that contains this text has read one.
  static let word = "DEC0Y-outside-of-every-root"

  let directory: String
  private let before: [String: FileStatus]

  /// - Parameter directory: a new one.
  init(in directory: String) async throws {
    self.directory = directory
    let files = [
      "fragment.yaml": "slice: next\ntools: [\(Self.word)]\n",
      "broken.yaml": "\(Self.word): [\n", "secret.txt": "\(Self.word)\n",
      "tree/greeter/SKILL.md": "---\nname: greeter\ndescription: \(Self.word)\n---\n",
      "tenant/gateway.d/10-base.yaml": "tools: [\(Self.word)]\n",
    ]
    for (path, text) in files {
      let folder = "\(directory)/\(path)".split(separator: "/").dropLast().joined(separator: "/")
      try Files.makeDirectory("/" + folder)
      try Files.replace("\(directory)/\(path)", with: Array(text.utf8), durable: false)
    }
    before = try Self.look(directory)
    try await Self.age(directory)
  }

  /// Whether nothing was read, changed, added or removed.
  func requireUntouched(_ comment: Comment) async throws {
    // First: reading the bytes below is a reading.
    if try await Self.tellsReading(directory) {
      #expect(try await readings() == [], "a decoy was read: \(comment)")
    }
    let after = try Self.look(directory)
    #expect(after.keys.sorted() == before.keys.sorted(), comment)
    for (path, status) in before {
      #expect(after[path]?.modifiedNanoseconds == status.modifiedNanoseconds, "\(path) \(comment)")
      #expect(after[path]?.inode == status.inode && after[path]?.mode == status.mode, comment)
      #expect(after[path]?.size == status.size, comment)
    }
  }

  private static func look(_ directory: String) throws -> [String: FileStatus] {
    var found: [String: FileStatus] = [:]
    try Files.walk(directory) { path, status in found[path] = status }
    return found
  }

  // MARK: Times of reading

  private static let old = "200001010000"
  private static let oldYear = "2000"

  /// Gives every file a time of reading long ago.
  private static func age(_ directory: String) async throws {
    for path in try look(directory).filter({ $0.value.kind == .regular }).keys {
      try await run("touch", ["-a", "-t", old, "\(directory)/\(path)"])
    }
  }

  private func readings() async throws -> [String] {
    var read: [String] = []
    for path in before.filter({ $0.value.kind == .regular }).keys.sorted()
    where try await Self.isRead("\(directory)/\(path)") {
      read.append(path)
    }
    return read
  }

  private static func isRead(_ path: String) async throws -> Bool {
    let arguments = Platform.current == .macOS ? ["-f", "%Sa", "-t", "%Y"] : ["-c", "%x"]
    return try await !run("stat", arguments + [path]).hasPrefix(oldYear)
  }

  /// Whether this disk remembers readings: a disk that is mounted with `noatime` does not.
  private static func tellsReading(_ directory: String) async throws -> Bool {
    let control = directory + ".control"
    try Files.replace(control, with: [1], durable: false)
    try await run("touch", ["-a", "-t", old, control])
    guard try await !isRead(control) else { return false }
    _ = try Files.read(control)
    return try await isRead(control)
  }

  @discardableResult
  private static func run(_ program: String, _ arguments: [String]) async throws -> String {
    let outcome = try await Processes.run(
      ProcessCommand(try requireTool(program), arguments, environment: ["LC_ALL": "C"]))
    try #require(outcome.succeeded, "\(program): \(outcome.errorText)")
    return outcome.outputText
  }
}
