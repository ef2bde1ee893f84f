import SluiceSystem

/// Which schema the state has: a small file in place of the real one's databases. A newer build
/// migrates it at its start, in place and unasked; an older one refuses it, in the real one's words.
struct StateSchema: Sendable {
  private let path: String

  init(stateDirectory: String) { path = "\(stateDirectory)/state/schema.json" }

  /// Why the build does not start on this state; nil when it did what it had to.
  func open(as build: StandInBuild) throws(SystemError) -> String? {
    let found = (try? Files.read(path)).flatMap(JSON.parse)
    for (name, supported) in build.schemas {
      guard let present = found?[name]?.whole, present > supported else { continue }
      return refusal(of: build, name, present: present, supported: supported)
    }
    let members = build.schemas.map { JSON.Member(key: $0.name, value: .integer($0.version)) }
    let wanted = JSON.object(members)
    guard found != wanted, !members.isEmpty else { return nil }
    try Files.makeDirectory(String(path.dropLast("/schema.json".count)), mode: 0o700)
    try Files.replace(path, with: Array((wanted.compact + "\n").utf8), mode: 0o600)
    return nil
  }

  /// Word for word what 2026.9.4 says (recorded).
  private func refusal(
    of build: StandInBuild, _ name: String, present: Int64, supported: Int64
  ) -> String {
    let again = "then start it again with openclaw gateway start. See"
    let stop =
      "Stop the service with openclaw gateway stop (or its service owner), then restore your "
      + "pre-update backup created with openclaw backup, \(again) "
      + "https://docs.openclaw.ai/install/updating#rollback."
    return """
      [gateway] requires a newer OpenClaw build. \(stop)
      Gateway failed to start: This OpenClaw build cannot open your existing data.
      OpenClaw \(name) database \(path) uses newer schema version \(present); this build supports \
      \(supported).
      Refused by OpenClaw \(build.version) installed at \(build.directory).
      Use a build that supports schema \(present) or newer with this state directory. To use an older \
      build, restore your pre-update backup created with openclaw backup.
      See https://docs.openclaw.ai/reference/database-schemas.. \(stop)
      """
  }
}
