import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem

/// OpenClaw's builds as an operator has them whose builds are Sluice's: a directory a version on
/// every host, with the link `current` beside them.
extension RehearsalFleet {
  /// Copies nothing: a build is a link to the installed program, and a script that starts it.
  func makeBuilds() throws(PortError) {
    guard let build = programs.build, let next = programs.next else { return }
    for host in layout.hosts {
      for build in [build, next] {
        let directory = "\(host.builds)/\(build.version)"
        let script = "#!/bin/sh\nexec '\(build.program)' \"$@\"\n"
        try Disk.write("\(directory)/bin/openclaw", script, mode: 0o755)
        let modules = try build.modules()
        try Disk.translating { () throws(SystemError) in
          try Files.swingLink("\(directory)/node_modules", to: modules, token: "new")
        }
      }
      let current = "\(host.builds)/\(build.version)"
      try Disk.translating { () throws(SystemError) in
        try Files.swingLink("\(host.builds)/current", to: current, token: "new")
      }
    }
  }

  /// A lock's entry for a build: the whole entry where builds are Sluice's, otherwise the version.
  func pins(of build: OpenClawBuild?) throws(PortError) -> ReleaseLock.OpenClaw {
    guard let build, programs.next != nil, let host = layout.hosts.first else {
      let version = build?.version ?? "2026.9.6"
      return .init(version: version, daemon: nil, cli: nil, schemas: nil)
    }
    return try BuildPackage(directory: "\(host.builds)/\(build.version)").read()
  }
}
