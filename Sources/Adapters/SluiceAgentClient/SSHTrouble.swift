import SluiceCore
import SluicePorts

/// The words of an ssh that ended without a session, with the remedy for each.
struct SSHTrouble {
  let host: HostName
  let destination: String
  let errors: String
  let trust: SSHSettings.Trust

  /// ssh's own exit code: it did not connect, or the connection broke; also a remote death by
  /// signal.
  static let exitCode: Int32 = 255

  /// OpenSSH prints these messages only before a session exists.
  var neverConnected: Bool {
    let prefixes = [
      "ssh: connect to host", "ssh: Could not resolve hostname", "Host key verification failed",
      "kex_exchange_identification:", "Connection timed out during banner exchange",
      "Unable to negotiate with", "Bad owner or permissions", "Load key ",
    ]
    return lines.contains { line in
      prefixes.contains { line.hasPrefix($0) } || line.contains(": Permission denied (")
    }
  }

  /// The last words of ssh or of the other end; nil without any.
  var words: String? {
    let told = lines.map { $0.drop(while: \.isWhitespace) }.filter { !$0.isEmpty }
    return told.isEmpty ? nil : String(told.suffix(3).joined(separator: "; ").prefix(400))
  }

  /// The fault of a connection that never came about; nil for another one.
  var error: PortError? {
    if let changed { return changed }
    guard neverConnected else { return nil }
    return PortError(.unreachable, "\(place): \(words ?? "no connection")", remedy: remedy)
  }

  /// A host key that differs from the recorded one: another machine, or somebody between.
  private var changed: PortError? {
    guard lines.contains(where: { $0.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") }) else {
      return nil
    }
    let words = errors.split { $0.isWhitespace || $0.isNewline }
    let fingerprint = words.first { $0.hasPrefix("SHA256:") }.map { $0.prefix { $0 != "." } }
    let shown = fingerprint.map { "; it is \($0)" } ?? ""
    return PortError(
      .unreachable,
      "the host key of \(place) is not the recorded one\(shown)",
      remedy: "Read the key at the machine itself:  ssh-keygen -lf "
        + "/etc/ssh/ssh_host_ed25519_key.pub   If the keys are equal, remove the old one:  \(removal)"
        + "   If they differ, another machine answers: do not connect.")
  }

  private var removal: String {
    switch trust {
    case .closed(_, let file):
      "ssh-keygen -R \(host) -f \(file)   and record the new one:  sluice hosts install \(host)"
    case .operators: "ssh-keygen -R HOST   and connect once by hand:  ssh \(destination)"
    }
  }

  private var remedy: String? {
    guard lines.contains(where: { $0.contains("Host key verification failed") }) else {
      return lines.contains { $0.contains("Permission denied") }
        ? "ssh found no key that \(host) takes. Try by hand:  ssh \(destination)" : nil
    }
    return switch trust {
    case .closed: "No host key of \(host) is recorded. Record it:  sluice hosts install \(host)"
    case .operators: "Connect once by hand, and compare the key:  ssh \(destination)"
    }
  }

  private var place: String { "\(host) (ssh \(destination))" }

  private var lines: [Substring] { errors.split(whereSeparator: \.isNewline) }
}
