import SluiceCore
import SluiceHost
import SluiceSystem
import SluiceTestSupport

@testable import SluiceRehearsal

/// Two builds that the stand-in pretends to be, as npm leaves them.
enum StandInBuilds {
  static let old = "2026.9.4"
  static let new = "2026.9.6"
  private static let schemas = [
    old: #"{"state": 17, "agent": 19}"#, new: #"{"state": 18, "agent": 23}"#,
  ]

  static func install(in directory: String) throws {
    for (version, schemas) in schemas {
      let package = "\(directory)/\(version)/node_modules/openclaw"
      try Disk.write(
        "\(package)/package.json",
        """
        {"name": "openclaw", "version": "\(version)", "bin": {"openclaw": "openclaw.mjs"},
        "openclaw": {"schemaVersions": \(schemas)}}
        """)
      try Disk.write("\(package)/openclaw.mjs", "// \(version)\n")
      try Disk.write("\(package)/dist/build-info.json", #"{"buildId": "\#(version)-test"}"#)
      try write(in: "\(directory)/\(version)", before: "")
    }
  }

  /// The program of a build.
  ///
  /// - Parameter start: what it does before the gateway serves, or instead.
  static func write(in build: String, before start: String) throws {
    let program = "\(build)/bin/openclaw"
    try Disk.write(
      program,
      """
      #!/bin/sh
      here=$(cd "$(dirname "$0")/.." && pwd -P)
      if [ "$1" = gateway ]; then
      :
      \(start)
      fi
      OPENCLAW_STANDIN_BUILD="$here/node_modules/openclaw" exec "\(products)/openclaw-standin" "$@"

      """, mode: 0o755)
  }

  static func pin(_ version: String, in directory: String) throws -> ReleaseLock.OpenClaw {
    try BuildPackage(directory: "\(directory)/\(version)").read()
  }
}
