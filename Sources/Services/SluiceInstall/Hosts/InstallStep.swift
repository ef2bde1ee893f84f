import SluiceCore
import SluicePorts

/// One step of an installation on one host, planned from the look before.
public struct InstallStep: Sendable {
  public enum Kind: String, Sendable, Hashable {
    case directory, program, fleet, key, unit, service, files
  }

  public enum Plan: Sendable {
    /// The host is so already.
    case done
    case work(InstallWork)
    /// The step cannot be done: the reason and the remedy.
    case blocked(String, remedy: String)
  }

  public let kind: Kind
  /// The step's action, such as `copy the program to /var/db/openclaw/sluice/bin/sluice`.
  public let title: String
  public let plan: Plan

  init(_ kind: Kind, _ title: String, _ plan: Plan) {
    self.kind = kind
    self.title = title
    self.plan = plan
  }

  var isWork: Bool {
    guard case .work = plan else { return false }
    return true
  }
}

/// The work of one step.
public struct InstallWork: Sendable {
  let script: ShellScript
  /// Why the step needs root; nil: the account does it.
  public let needsRoot: String?
  /// A text that the operator sees before it is written to the host.
  public let shown: String?
  /// The commands that a person types on the host in place of the step.
  public let byHand: String

  /// Scripts stop at the first command that fails.
  init(
    _ script: String, input: [UInt8]? = nil, needsRoot: String? = nil, shown: String? = nil,
    byHand: String
  ) {
    self.script = ShellScript(
      LookFrame.prelude + InstallLook.shellSum + Self.root + script + "\nexit 0\n", input: input)
    self.needsRoot = needsRoot
    self.shown = shown
    self.byHand = byHand
  }

  private static let root = """
    set -eu
    as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

    """
}

/// A program to copy to the hosts.
public struct ProgramImage: Sendable {
  public let bytes: [UInt8]
  /// SHA-256, in hexadecimal.
  public let digest: String
  /// Where the program runs, as `uname -sm` says it; nil: the operator vouches for it.
  public let platform: String?

  public init(bytes: [UInt8], digest: String, platform: String?) {
    self.bytes = bytes
    self.digest = digest
    self.platform = platform
  }
}
