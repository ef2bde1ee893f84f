import SluiceCore

/// The work on the service definition of an agent.
struct UnitWork {
  let unit: AgentUnit

  private var path: String { shellWord(unit.path) }
  private var root: String? {
    unit.scope == .user ? nil : "\(above(unit.path)) and the system's \(unit.manager) are root's"
  }
  private var prefix: String { unit.scope == .user ? "" : "as_root " }
  private var staged: String { shellWord("\(unit.place.state)/\(unit.fileName)") }

  /// Lets the system's own tool read the definition, where the tool is there.
  var checking: InstallWork {
    let check =
      switch unit.manager {
      case .launchd: "if command -v plutil >/dev/null 2>&1; then plutil -lint \(staged) >&2; fi"
      case .systemd:
        "if command -v systemd-analyze >/dev/null 2>&1; then systemd-analyze verify \(staged); fi"
      }
    return InstallWork(
      "umask 077\ncat > \(staged)\n\(check)", input: Array(unit.text.utf8), shown: unit.text,
      byHand: "write the definition to \(staged)")
  }

  /// Installs the definition and starts the agent anew.
  var starting: InstallWork {
    let folder = shellWord(above(unit.path))
    let write = """
      \(prefix)mkdir -p \(folder)
      \(prefix)tee \(path) >/dev/null
      \(prefix)chmod 644 \(path)

      """
    let plain = unit.scope == .user ? "" : "sudo "
    let start: String
    let byHand: String
    switch unit.manager {
    case .launchd:
      let target = "\(unit.domain)/\(AgentUnit.label)"
      start = """
        \(prefix)launchctl bootout \(target) >/dev/null 2>&1 </dev/null || true
        \(prefix)launchctl enable \(target) </dev/null || true
        tries=0
        until \(prefix)launchctl bootstrap \(unit.domain) \(path) </dev/null; do
          tries=$((tries + 1)); if [ "$tries" -ge 15 ]; then exit 1; fi; sleep 1
        done
        """
      byHand =
        "\(plain)cp \(staged) \(path); \(plain)launchctl bootout \(target); "
        + "\(plain)launchctl bootstrap \(unit.domain) \(path)"
    case .systemd:
      let call = systemctl
      start = """
        \(runtime)\(call) daemon-reload </dev/null
        \(call) enable --quiet \(unit.fileName) </dev/null
        \(call) restart \(unit.fileName) </dev/null
        """
      let scope = unit.scope == .user ? "systemctl --user" : "sudo systemctl"
      byHand =
        "\(plain)cp \(staged) \(path) && \(scope) daemon-reload && \(scope) enable "
        + "\(unit.fileName) && \(scope) restart \(unit.fileName)"
    }
    return InstallWork(
      write + start, input: Array(unit.text.utf8), needsRoot: root, byHand: byHand)
  }

  var removing: InstallWork {
    let plain = unit.scope == .user ? "" : "sudo "
    switch unit.manager {
    case .launchd:
      let target = "\(unit.domain)/\(AgentUnit.label)"
      return InstallWork(
        """
        \(prefix)launchctl bootout \(target) >/dev/null 2>&1 </dev/null || true
        \(prefix)rm -f \(path)
        rm -f \(staged)
        """, needsRoot: root,
        byHand: "\(plain)launchctl bootout \(target); \(plain)rm -f \(path)")
    case .systemd:
      let scope = unit.scope == .user ? "systemctl --user" : "sudo systemctl"
      return InstallWork(
        """
        \(runtime)\(systemctl) disable --quiet --now \(unit.fileName) </dev/null || true
        \(prefix)rm -f \(path)
        \(systemctl) daemon-reload </dev/null
        rm -f \(staged)
        """, needsRoot: root,
        byHand: "\(scope) disable --now \(unit.fileName); \(plain)rm -f \(path)")
    }
  }

  /// Where systemd of the account listens; an ssh session often does not say.
  private var runtime: String {
    unit.scope == .system
      ? "" : "XDG_RUNTIME_DIR=/run/user/\(unit.accountNumber); export XDG_RUNTIME_DIR\n"
  }

  private var systemctl: String {
    unit.scope == .system ? "as_root systemctl" : "systemctl --user"
  }
}
