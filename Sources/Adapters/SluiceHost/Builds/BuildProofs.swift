import SluiceCore
import SluiceJSON
import SluiceSystem

/// The digests of this host's builds, each beside the signature of its files. An agent that
/// restarts in the middle of a rollback need not hash hundreds of megabytes while clients wait.
///
/// A signature holds inode, size and change time of every file, so a build that was altered since
/// has another one and is read again. Without the file, or with one that cannot be read, every
/// build is read.
struct BuildProofs: Codable, Sendable, Hashable {
  struct Proof: Codable, Sendable, Hashable {
    var signature: Digest
    var build: ReleaseLock.OpenClaw
  }

  static let schemaName = "sluice.build-proofs/1"
  private static let sizeLimit = 1 << 20
  var schema = BuildProofs.schemaName
  /// By the version that names the directory.
  var proofs: [String: Proof] = [:]

  static func read(_ path: String) -> BuildProofs {
    guard let bytes = try? Files.read(path, limit: sizeLimit),
      let found = try? CanonicalJSON.decode(BuildProofs.self, from: bytes),
      found.schema == schemaName
    else { return BuildProofs() }
    return found
  }

  /// A record that cannot be written costs time later, and nothing else.
  func write(_ path: String) {
    guard let bytes = try? CanonicalJSON.bytes(self) else { return }
    try? Files.replace(path, with: bytes, mode: 0o600)
  }
}
