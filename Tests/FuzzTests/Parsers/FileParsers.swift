import SluiceCore
import SluiceJSON
import SluicePorts

@testable import SluiceController
@testable import SluiceFleetFile
@testable import SluiceAgent
@testable import SluiceHost
@testable import SluiceYAML

/// Files that people, repositories and earlier versions of Sluice wrote.
extension FuzzParser {
  private static let signs = [
    "- ", ": ", "? ", "&a ", "*a", "!!str ", "|\n", ">\n", "{a: ", "[a, ", "\n  ", "---\n", "...\n",
    "# ",
    "%YAML 1.2\n", "<<: ", "\"", "'",
  ]

  static let yaml = FuzzParser("yaml", maximumBytes: 1_024, words: signs) { bytes in
    do throws(YAMLError) {
      let node = try YAMLReader.read(bytes, file: "file")
      try check(node, depth: 0)
      _ = try? YAMLMapping.root(of: node, file: "file").finish()
    } catch { try placed(error, in: bytes) }
  }

  private static func check(_ node: YAMLNode, depth: Int) throws(YAMLError) {
    func fault(_ message: String) -> YAMLError {
      YAMLError(file: "broken", position: node.position, message: message, remedy: "")
    }
    if depth > 33 { throw fault("it is nested too deep") }
    switch node.content {
    case .scalar(let text, _):
      if text.utf8.count > 16_384 { throw fault("a text is too long") }
    case .sequence(let items): for item in items { try check(item, depth: depth + 1) }
    case .mapping(let entries):
      if Set(entries.map(\.key)).count != entries.count { throw fault("a key stands twice") }
      for entry in entries { try check(entry.value, depth: depth + 1) }
    }
  }

  /// An error names a place that is in the file.
  private static func placed(_ error: YAMLError, in bytes: [UInt8]) throws {
    try require(error.file != "broken", error.message)
    let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 2
    // U+0085, U+2028 and U+2029 end a line for libyaml, too.
    let others = bytes.count { $0 == 0x85 || $0 == 0xA8 || $0 == 0xA9 }
    try require(
      (1...(lines + others)).contains(error.position.line) && error.position.column >= 1,
      "an error stands at \(error.position)")
    try require(!error.message.isEmpty && !error.remedy.isEmpty, "an error says nothing")
  }

  static let fleet = FuzzParser("fleet", maximumBytes: 2_048, words: signs) { bytes in
    let fleet: Fleet
    do throws(YAMLError) { fleet = try FleetFile.read(bytes, file: "sluice.yaml") } catch {
      return try placed(error, in: bytes)
    }
    let written = try CanonicalJSON.bytes(fleet)
    try require(
      (try? CanonicalJSON.decode(Fleet.self, from: written)) == fleet,
      "a fleet reads as another one")
    try require(
      (1...max(1, fleet.hosts.count)).contains(fleet.capacityFloor), "the floor is too high")
    try require(
      Set(fleet.hosts.map(\.name)).count == fleet.hosts.count, "a host stands there twice")
    _ = (fleet.probeAudience.contains("10.0.0.5"), fleet.gateways.count)
  }

  static let frontMatter = FuzzParser(
    "front-matter", maximumBytes: 1_024, words: signs, around: ("---\na:\n  ", "\n---\n")
  ) { bytes in
    let matter: FrontMatter?
    do throws(YAMLError) { matter = try FrontMatter.read(bytes, file: "SKILL.md") } catch {
      return try placed(error, in: bytes)
    }
    guard let matter else { return }
    let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 1
    try require(
      matter.lines.values.allSatisfy { (2...max(2, lines)).contains($0) }, "a key stands nowhere")
    try require(
      matter.structured.isDisjoint(with: matter.fields.keys), "a key is a text and a list")
  }

  static let tenantFragment = FuzzParser(
    "tenant-fragment", maximumBytes: 512, words: signs + ["quota:\n  disk: ", "slice: next", "GiB"]
  ) { bytes in
    do throws(YAMLError) {
      let fragment = try FragmentFile.read(bytes, path: "skills.d/10-a.yaml", file: "10-a.yaml")
      if let quota = fragment.diskQuota?.value, quota <= 0 {
        throw YAMLError(
          file: "broken", position: .start, message: "a quota is \(quota)", remedy: "")
      }
    } catch { try placed(error, in: bytes) }
  }

  static let lock = FuzzParser("lock", maximumBytes: 2_048) { bytes in
    guard let lock = try? LockFile.decode(bytes, file: LockFile.name) else { return }
    let written = try LockFile.encode(lock)
    try require(
      (try? LockFile.decode(written, file: "again")) == lock, "a lock reads as another one")
  }

  static let skillManifest = FuzzParser("skill-manifest", maximumBytes: 512) { bytes in
    guard let manifest = SkillManifest(bytes, hashingTo: Digest(of: bytes)) else { return }
    try require(manifest.bytes == bytes, "a manifest is not what it would be written as")
    try require(manifest.firstDifference(from: manifest) == nil, "a manifest differs from itself")
  }

  static let environmentFile = FuzzParser("environment-file", maximumBytes: 256) { bytes in
    guard let values = try? EnvironmentFile.parse(bytes, "file") else { return }
    for (name, value) in values {
      try require(
        !name.isEmpty && !name.utf8.contains(0) && !name.contains("=") && !value.utf8.contains(0),
        "a variable has a name that none may have")
    }
  }

  /// Files that the agent and the keeper wrote, and a later one of them reads: `epoch.json` and the others.
  static let stateFile = FuzzParser("state-file", maximumBytes: 2_048) { bytes in
    guard let value = try? JSONValue.parse(bytes) else { return }
    try same(EpochFile.self, value)
    try same(ExpectedFile.self, value)
    try same(AcceptedFile.self, value)
    try same(DoctorFile.self, value)
    if let copies = try same(StateCopies.self, value) { _ = (copies.next, copies.newest) }
    if let file = try same(OperationFile.self, value) {
      _ = (file.record, file.id.isLater(than: file.id))
    }
    if let record = try same(KeeperRecord.self, value) {
      _ = KeeperMetrics(record: record, now: 0).text
    }
  }

  /// Plans, approvals and what a command asks of the controller.
  static let plan = FuzzParser("plan", maximumBytes: 6_144) { bytes in
    guard let value = try? JSONValue.parse(bytes) else { return }
    try same(Approval.self, value)
    try same(ControlChannel.Message.self, value)
    try same(ControlChannel.Reply.self, value)
    try same(Snapshot.self, value)
    guard let document = try same(PlanDocument.self, value) else { return }
    _ = (try document.plan.digest(), document.plan.demands)
    let moment = Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b")
    _ = Promotion.begin(PromotionID(rawValue: "p"), plan: FrozenPlan(document.plan), at: moment)
    if let balancer = document.balancer { _ = balancer.weightMap }
  }

  /// A document reads as the same after it was written.
  @discardableResult
  static func same<Value: Codable>(_ type: Value.Type, _ read: JSONValue) throws -> Value? {
    guard let value = try? CanonicalJSON.decode(type, from: read) else { return nil }
    let written = try CanonicalJSON.bytes(value)
    let again = (try? CanonicalJSON.decode(type, from: written)).flatMap {
      try? CanonicalJSON.bytes($0)
    }
    try require(again == written, "a \(type) reads as another one")
    return value
  }
}
