import SluiceCrypto
import SluiceSystem

/// Conversations on the gateway's own disk, a small file each, a line a turn. They outlive the
/// process, and are on no other gateway.
struct SessionStore: Sendable {
  private let directory: String

  init(stateDirectory: String) throws(SystemError) {
    directory = "\(stateDirectory)/agents/main/sessions"
    try Files.makeDirectory(directory, mode: 0o700)
  }

  /// The number of conversations on the disk.
  var count: Int {
    var count = 0
    try? Files.walk(directory) { path, _ in if path.hasSuffix(".jsonl") { count += 1 } }
    return count
  }

  /// Adds a turn; its number says how many this gateway remembers.
  func addTurn(_ key: String, release: String, at milliseconds: Int64) throws(SystemError) -> Int {
    let digest = SHA256Digest.hex(Array(key.utf8))
    let folder = "\(directory)/\(digest.prefix(2))"
    let path = "\(folder)/\(digest.dropFirst(2)).jsonl"
    var bytes: [UInt8] = []
    do {
      bytes = try Files.read(path)
    } catch {
      guard error.isMissing else { throw error }
      try Files.makeDirectory(folder, mode: 0o700)
    }
    let turn = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    let line: JSON = [
      "turn": .int(turn), "release": .string(release), "at": .integer(milliseconds),
    ]
    bytes += Array((line.compact + "\n").utf8)
    try Files.replace(path, with: bytes, mode: 0o600, durable: false)
    return turn
  }
}
