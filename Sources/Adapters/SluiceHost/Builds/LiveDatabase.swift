import SluicePorts
import SluiceSystem

/// A SQLite database that a running gateway writes to, copied without a lock and without SQLite.
///
/// The database file comes first and its write-ahead log after it. Whatever a checkpoint wrote into
/// the file meanwhile still stands in the log, until a writer begins the log anew and gives it
/// another header. So the copies fit together if the header is the same before and after. Without a
/// log, the file and its rollback journal must not have changed at all. SQLite recovers the copy at
/// its first opening, as after a power failure.
struct LiveDatabase {
  let path: String

  private static let magic = Array("SQLite format 3\0".utf8)
  /// Salts and the checkpoint's number stand in the log's first 32 bytes.
  private static let headerBytes = 32
  private static let tries = 10
  static let companions = ["-wal", "-shm", "-journal"]

  /// Whether a file is a database: by its first bytes.
  static func isDatabase(_ path: String) -> Bool {
    (try? Files.readStart(of: path, count: magic.count)) == magic
  }

  private struct Mark: Equatable {
    var header: [UInt8]
    var file: FileStatus?
    var journal: FileStatus?
  }

  private func mark() throws(SystemError) -> Mark {
    let log = "\(path)-wal"
    var header: [UInt8] = []
    if try Files.status(of: log) != nil {
      do throws(SystemError) {
        header = try Files.readStart(of: log, count: Self.headerBytes)
      } catch {
        guard error.isMissing else { throw error }
      }
    }
    guard header.isEmpty else { return Mark(header: header) }
    return Mark(
      header: [], file: try Files.status(of: path),
      journal: try Files.status(of: "\(path)-journal"))
  }

  /// - Parameter meanwhile: called between the file and its log.
  /// - Throws: `.failed` if the database was written to too often to be copied.
  func copy(to target: String, meanwhile: () -> Void = {}) throws(PortError) {
    for _ in 0..<Self.tries {
      let isWhole = try PortError.translating { () throws(SystemError) in
        let before = try mark()
        for suffix in [""] + Self.companions { try Files.removeTree(target + suffix) }
        // The index of the log (-shm) is made anew by the first reader.
        for suffix in ["", "-wal", "-journal"] {
          do throws(SystemError) {
            try Files.copyFile(path + suffix, to: target + suffix, durable: false)
          } catch {
            guard error.isMissing, !suffix.isEmpty else { throw error }
          }
          if suffix.isEmpty { meanwhile() }
        }
        return try mark() == before
      }
      if isWhole { return }
    }
    throw PortError(
      .failed, "\(path) was written to while it was copied, \(Self.tries) times",
      remedy: "Try again at a quieter time. Nothing was changed.")
  }
}
