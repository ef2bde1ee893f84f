import SluiceCore
import SluicePorts

/// The look at a host before Sluice is installed, upgraded or removed there. The look changes
/// nothing.
public enum InstallLook {
  private static let deadline = Duration.seconds(40)

  /// - Parameter line: the wanted line of `authorized_keys`; nil: the host needs none.
  public static func sight(
    of place: AgentPlace, scope: AgentUnit.Scope, line: String?, on shell: any HostShell
  ) async throws(PortError) -> InstallSight {
    let answer = try await shell.run(script(place, scope, line: line), deadline: deadline)
    return try InstallSight.read(answer, of: place.host)
  }

  static func script(_ place: AgentPlace, _ scope: AgentUnit.Scope, line: String?) -> ShellScript {
    ShellScript(
      LookFrame.prelude + shellSum + """
        state=\(shellWord(place.state))
        line=\(shellWord(line ?? ""))
        body=\(shellWord(line.map(AuthorizedLine.body) ?? ""))
        unit=\(AgentUnit.label)
        echo; echo '\(LookFrame.begin)'
        say platform "$(uname -sm)"
        say user "$(id -un)"; say uid "$(id -u)"; say home "$HOME"
        if [ "$(id -u)" = 0 ] || sudo -n true >/dev/null 2>&1 </dev/null; then say root yes; fi
        if [ -d "$state" ]; then
          if [ -w "$state" ]; then say state own; else say state foreign; fi
        else
          above=$(dirname "$state")
          while [ ! -e "$above" ]; do above=$(dirname "$above"); done
          if [ -d "$above" ] && [ -w "$above" ]; then say parent yes; fi
        fi
        say program "$(sum "$state/bin/sluice")"
        if [ -x "$state/bin/sluice" ]; then
          say version "$("$state/bin/sluice" --version 2>/dev/null </dev/null | sed -n 1p)"
        fi
        say fleet "$(sum "$state/sluice.yaml")"
        if [ "$(uname -s)" = Darwin ]; then
          say manager launchd
          if [ \(scope.rawValue) = system ]; then
            say unit "$(sum "/Library/LaunchDaemons/$unit.plist")"; domain=system
          else
            say unit "$(sum "$HOME/Library/LaunchAgents/$unit.plist")"; domain="gui/$(id -u)"
          fi
          if launchctl print "$domain/$unit" 2>/dev/null | grep -q 'state = running'; then
            say running yes
          fi
        elif [ -d /run/systemd/system ]; then
          say manager systemd
          if [ \(scope.rawValue) = system ]; then
            say unit "$(sum /etc/systemd/system/sluice-agent.service)"
          else
            say unit "$(sum "$HOME/.config/systemd/user/sluice-agent.service")"
            XDG_RUNTIME_DIR="/run/user/$(id -u)"; export XDG_RUNTIME_DIR
          fi
          if systemctl --\(scope.rawValue) is-active --quiet sluice-agent.service 2>/dev/null; then
            say running yes
          fi
        elif ps ax -o args= 2>/dev/null \\
          | awk -v start="$state/bin/sluice agent " 'index($0, start) == 1 { found = 1 }
            END { exit !found }'
        then
          # A person, or a service manager that Sluice does not know, has started the agent.
          say running yes
        fi
        keys="$HOME/.ssh/authorized_keys"
        if [ -n "$line" ] && [ -f "$keys" ]; then
          if grep -F -- "$body" "$keys" | grep -qv '\(AuthorizedLine.ending)$'; then say key foreign
          elif grep -Fxq -- "$line" "$keys"; then say key exact
          elif grep -Fq -- "$body" "$keys"; then say key ours
          fi
        fi
        echo '\(LookFrame.end)'
        exit 0

        """)
  }

  /// A shell function that prints a file's digest, and nothing for a file that is not there.
  static let shellSum = """
    sum() {
      [ -f "$1" ] || return 0
      if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi \\
        | awk '{ print $1 }'
    }

    """
}

/// The line of `authorized_keys` for the writer's key.
enum AuthorizedLine {
  /// Every such line ends with this comment; no other line is Sluice's.
  static let ending = " sluice-writer"

  /// The key itself, without kind, restrictions and comment.
  static func body(_ line: String) -> String {
    let words = line.split(separator: " ")
    return words.count >= 2 ? String(words[words.count - 2]) : line
  }
}
