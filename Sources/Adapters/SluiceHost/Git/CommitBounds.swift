import SluicePorts

/// The limits of a commit that Sluice may write to a disk. Sluice asks git before it writes
/// anything, so that an oversized commit does not fill a disk.
struct CommitBounds: Sendable {
  var files: Int
  var bytes: Int64
  /// Of one file.
  var fileBytes: Int64

  /// Of a pack: as large as one may be at all.
  static let pack = CommitBounds(
    files: PackBounds().files, bytes: PackBounds().bytes, fileBytes: PackBounds.fileBytes)
  /// Of a whole infra repository, which is checked out beside its packs.
  static let checkout = CommitBounds(files: 100_000, bytes: 2 << 30, fileBytes: 512 << 20)

  /// - Parameter listing: what `GitArguments.sizes` gave.
  func check(_ listing: [UInt8], of commit: String) throws(PortError) {
    var (count, sum) = (0, Int64(0))
    for entry in listing.split(separator: 0) {
      // `100644 blob <object> <size>\t<path>`; a submodule has `-` for a size.
      guard let tab = entry.firstIndex(of: UInt8(ascii: "\t")) else { continue }
      let fields = entry[..<tab].split(separator: UInt8(ascii: " "))
      let size = fields.last.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
      count += 1
      let (total, isOver) = sum.addingReportingOverflow(size)
      sum = isOver ? .max : total
      guard size <= fileBytes else {
        let path = String(decoding: entry[entry.index(after: tab)...].prefix(200), as: UTF8.self)
        throw refusal("\(path) of \(commit) has \(Self.mebibytes(size))", Self.mebibytes(fileBytes))
      }
    }
    guard count <= files else {
      throw refusal("\(commit) has \(count) files to be written", "\(files) files")
    }
    guard sum <= bytes else {
      throw refusal("\(commit) has \(Self.mebibytes(sum)) to be written", Self.mebibytes(bytes))
    }
  }

  private func refusal(_ message: String, _ most: String) -> PortError {
    PortError(
      .refused, message,
      remedy: "Nothing was written. At most \(most) are: take what is too much out of the infra "
        + "repository, and tag a commit without it.")
  }

  private static func mebibytes(_ bytes: Int64) -> String {
    "\(bytes / (1 << 20) + (bytes % (1 << 20) == 0 ? 0 : 1)) MiB"
  }
}

extension Git {
  /// Refuses a commit of which more would be written than is allowed.
  func require(
    _ bounds: CommitBounds, of commit: String, below folder: String? = nil
  ) async throws(PortError) {
    let listing = try await output(
      GitArguments.sizes(at: commit, below: folder), limit: 64 << 20)
    try bounds.check(listing, of: String(commit.prefix(12)))
  }
}
