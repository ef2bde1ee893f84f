import SluicePorts

/// The script of the first look. The script changes nothing on the host, runs under every POSIX
/// shell, and finds programs itself: an ssh session often has a PATH without Homebrew.
public enum FirstLookScript {
  public static let script = ShellScript(LookFrame.prelude + text)

  private static let text = """
    program() {
      for folder in /opt/homebrew/bin /usr/local/bin "$HOME/.local/bin" "$HOME/bin" \\
        "$HOME/.npm-global/bin" /usr/bin /bin /opt/homebrew/sbin /usr/local/sbin /usr/sbin /sbin; do
        if [ -x "$folder/$1" ] && [ ! -d "$folder/$1" ]; then printf '%s' "$folder/$1"; return; fi
      done
    }
    # Runs a program for ten seconds at the most.
    bounded() {
      "$@" </dev/null 2>/dev/null &
      child=$!
      ( sleep 10; kill "$child" ) >/dev/null 2>&1 </dev/null &
      guard=$!
      wait "$child"
      kill "$guard" 2>/dev/null
    }
    first() { sed -n 1p; }
    there() { if [ -d "$2" ]; then say "$1" "$2"; fi; }

    echo; echo '\(LookFrame.begin)'
    system=$(uname -s)
    say system "$system"; say machine "$(uname -m)"
    say user "$(id -un)"; say home "$HOME"
    say address "$(printf '%s' "$SSH_CONNECTION" | awk '{ print $3 }')"
    say peer "$(printf '%s' "$SSH_CONNECTION" | awk '{ print $1 }')"

    openclaw=$(program openclaw)
    if [ -n "$openclaw" ]; then
      say openclaw "$openclaw"; say openclaw_version "$(bounded "$openclaw" --version | first)"
    fi
    haproxy=$(program haproxy)
    if [ -n "$haproxy" ]; then
      say haproxy "$haproxy"; say haproxy_version "$(bounded "$haproxy" -v | first)"
    fi
    say sluice "$(program sluice)"
    if [ -f /var/db/openclaw/secrets/gateway.token ]; then
      say token_file /var/db/openclaw/secrets/gateway.token
    fi
    there skills /var/db/openclaw/skills; there tenants /etc/openclaw/tenants
    if [ -e /usr/local/share/openclaw-infra/.git ]; then say infra /usr/local/share/openclaw-infra; fi
    there builds /var/db/openclaw/builds

    pids=
    if [ "$system" = Darwin ]; then
      for plist in /Library/LaunchDaemons/*openclaw*.plist /Library/LaunchAgents/*openclaw*.plist \\
        "$HOME"/Library/LaunchAgents/*openclaw*.plist; do
        [ -f "$plist" ] || continue
        case "$plist" in *sluice*) continue ;; esac
        label=$(plutil -extract Label raw -o - "$plist" 2>/dev/null) || label=
        [ -n "$label" ] || label=$(basename "$plist" .plist)
        account=$(plutil -extract UserName raw -o - "$plist" 2>/dev/null) || account=
        case "$plist" in
          /Library/LaunchDaemons/*) domain=system ;;
          *) domain="gui/$(id -u)" ;;
        esac
        pid=$(launchctl print "$domain/$label" 2>/dev/null \\
          | awk '$1 == "pid" && $2 == "=" { print $3; exit }')
        say launchd "$domain|$label|$plist|$pid|$account"
        pids="$pids $pid"
      done
    elif command -v systemctl >/dev/null 2>&1; then
      for scope in system user; do
        for unit in $(systemctl "--$scope" list-unit-files --no-legend --no-pager --type=service \\
          '*openclaw*' 2>/dev/null </dev/null | awk '{ print $1 }'); do
          case "$unit" in *sluice*) continue ;; esac
          pid=$(systemctl "--$scope" show --value -p MainPID "$unit" 2>/dev/null)
          account=$(systemctl "--$scope" show --value -p User "$unit" 2>/dev/null)
          say systemd "$scope|$unit|$pid|$account"
          pids="$pids $pid"
        done
      done
    fi
    listeners() {
      if command -v lsof >/dev/null 2>&1; then
        for pid in $pids; do
          if [ "$pid" != 0 ]; then lsof -nP -a -p "$pid" -iTCP -sTCP:LISTEN -Fn 2>/dev/null; fi
        done
        lsof -nP -iTCP:18789 -sTCP:LISTEN -Fn 2>/dev/null
      elif command -v ss >/dev/null 2>&1; then
        for pid in $pids; do ss -Hltnp 2>/dev/null | grep "pid=$pid," | awk '{ print "n" $4 }'; done
        ss -Hltn 'sport = :18789' 2>/dev/null | awk '{ print "n" $4 }'
      fi | sed -n 's/^n//p' | sort -u | sed -n 1,20p
    }
    listeners | while read -r where; do say listener "$where"; done
    echo '\(LookFrame.end)'
    exit 0

    """
}
