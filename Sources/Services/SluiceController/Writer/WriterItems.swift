import SluiceCore
import SluicePorts
import SluiceSystem

/// Items that `sluice gc` may discard on the writer: files of one name in the directories of
/// evidence, plans and controllers' logs, and torn tails beside the ledger. A changed ledger that
/// was set aside is no item: a person looks at it.
struct WriterItems: ItemStore {
  private struct Folder {
    var kind: StoredItem.Kind
    var directory: String
    /// An item's files are its name with each of these at its end, the longest first.
    var suffixes: [String]
    /// The beginning of an item's name.
    var prefix = ""
  }

  private let folders: [Folder]

  init(_ writer: WriterSpec) {
    let state = writer.state
    let ledger = writer.ledger.pathParts.last.map(String.init) ?? ""
    folders = [
      Folder(
        kind: .evidence, directory: "\(state)/evidence",
        suffixes: [".evidence.lock", ".evidence", ".runs"]),
      Folder(kind: .plan, directory: "\(state)/plans", suffixes: [".approval", ".json"]),
      Folder(
        kind: .controllerLog, directory: "\(state)/controllers", suffixes: [".log.error", ".log"]),
      Folder(
        kind: .tornTail, directory: FleetServices.auditDirectory(writer), suffixes: [""],
        prefix: "\(ledger).torn-"),
    ]
  }

  func items() throws(PortError) -> [StoredItem] {
    do throws(SystemError) {
      var items: [StoredItem] = []
      for folder in folders { items += try Self.items(of: folder) }
      return items
    } catch { throw Self.fault(error) }
  }

  func remove(_ item: StoredItem.ID) throws(PortError) {
    guard let folder = folders.first(where: { $0.kind == item.kind }),
      item.name.hasPrefix(folder.prefix), !item.name.isEmpty, !item.name.hasPrefix("."),
      !item.name.contains("/")
    else {
      throw PortError(.refused, "\"\(item.name.prefix(200))\" names no item of the writer")
    }
    do throws(SystemError) {
      for suffix in folder.suffixes {
        let path = "\(folder.directory)/\(item.name)\(suffix)"
        if try Files.status(of: path)?.kind == .regular { try Files.removeFile(path) }
      }
    } catch { throw Self.fault(error) }
  }

  private static func items(of folder: Folder) throws(SystemError) -> [StoredItem] {
    guard try Files.status(of: folder.directory) != nil else { return [] }
    var items: [String: StoredItem] = [:]
    for file in try Files.names(in: folder.directory)
    where file.hasPrefix(folder.prefix) && !file.hasPrefix(".") {
      guard let suffix = folder.suffixes.first(where: { file.hasSuffix($0) }),
        let status = try Files.status(of: "\(folder.directory)/\(file)"), status.kind == .regular
      else { continue }
      let name = String(file.dropLast(suffix.count))
      guard !name.isEmpty else { continue }
      var item =
        items[name]
        ?? StoredItem(.init(folder.kind, name), bytes: 0, changedAtMilliseconds: 0)
      item.bytes += status.allocatedBytes
      item.changedAtMilliseconds = max(
        item.changedAtMilliseconds, status.changedNanoseconds / 1_000_000)
      items[name] = item
    }
    return items.values.sorted { $0.id < $1.id }
  }

  private static func fault(_ error: SystemError) -> PortError {
    PortError(
      .failed, "the writer's own files cannot be listed or removed: \(error)",
      remedy: error.ownRemedy ?? "Run sluice gc as the account that runs the promotions.")
  }
}
