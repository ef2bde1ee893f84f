import SluiceSystem

/// A build that the stand-in pretends to be: version and schemas of an installed package, as the real
/// one's package.json has them. The variable `OPENCLAW_STANDIN_BUILD` names the package's directory;
/// a wrapper in the build, `bin/openclaw`, sets it.
public struct StandInBuild: Sendable {
  static let variable = "OPENCLAW_STANDIN_BUILD"

  let directory: String
  let version: String
  /// As `dist/build-info.json` has it.
  let buildID: String?
  /// `state` first, as the real one opens them: the first that is too old is the one that is named.
  let schemas: [(name: String, version: Int64)]

  /// nil when there is no such package.
  init?(directory: String) {
    guard let bytes = try? Files.read("\(directory)/package.json"),
      let package = JSON.parse(bytes), let version = package["version"]?.text
    else { return nil }
    self.directory = directory
    self.version = version
    let info = (try? Files.read("\(directory)/dist/build-info.json")).flatMap(JSON.parse)
    buildID = info?["buildId"]?.text
    let declared = package.at("openclaw.schemaVersions")
    let names = (declared?.keys ?? []).sorted { $0 == "state" || ($1 != "state" && $0 < $1) }
    schemas = names.compactMap { name in
      declared?[name]?.whole.map { (name, $0) }
    }
  }
}
