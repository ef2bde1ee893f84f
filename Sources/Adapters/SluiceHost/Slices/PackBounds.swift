import SluiceCore
import SluicePorts

/// The maximum size of a skill pack, so that every host can place the pack: a host copies, flushes
/// and hashes every file, and hashes them again at each survey.
public struct PackBounds: Sendable {
  public var files = 10_000
  /// Of all files together.
  public var bytes: Int64 = 512 << 20
  /// Of one path below the pack.
  public var pathBytes = 512
  /// Of one name in it: a file is written under a longer one first.
  public var nameBytes = 200

  /// The limit of one file, because a file is read at once.
  public static let fileBytes: Int64 = 64 << 20

  public init() {}

  /// The counts of a pack so far, during the walk through its files.
  struct Tally {
    var files = 0
    var bytes: Int64 = 0
  }

  func check(_ tally: Tally, in root: String) throws(PortError) {
    if tally.files > files {
      throw Self.refusal(
        "\(root) holds more than \(files) files",
        "A pack may hold \(files): take out what the skills do not need, such as dependencies "
          + "and build output.")
    }
    if tally.bytes > bytes {
      throw Self.refusal(
        "\(root) holds more than \(Self.mebibytes(bytes)) in all",
        "A pack may hold \(Self.mebibytes(bytes)): take out what the skills do not need, or let "
          + "them fetch it.")
    }
  }

  func check(path: String, at location: String) throws(PortError) {
    if let name = path.pathParts.last, name.utf8.count > nameBytes {
      throw Self.refusal(
        "\(location) has a name of \(name.utf8.count) bytes",
        "A name in a pack may have \(nameBytes) bytes: shorten it.")
    }
    if path.utf8.count > pathBytes {
      throw Self.refusal(
        "\(location) has a path of \(path.utf8.count) bytes in the pack",
        "It may have \(pathBytes) bytes: shorten its folders' names.")
    }
  }

  static func check(fileBytes size: Int64, at location: String) throws(PortError) {
    guard size > fileBytes else { return }
    throw refusal(
      "\(location) has \(mebibytes(size))",
      "A file of a pack may have \(mebibytes(fileBytes)): take it out of the pack, and let the "
        + "skill fetch it or read it from elsewhere.")
  }

  private static func mebibytes(_ bytes: Int64) -> String {
    "\((bytes + (1 << 20) - 1) >> 20) MiB"
  }

  private static func refusal(_ message: String, _ remedy: String) -> PortError {
    PortError(.refused, message, remedy: remedy)
  }
}
