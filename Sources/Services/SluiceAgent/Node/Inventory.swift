import SluiceCore
import SluicePorts

extension OperationState: ItemStore {}

/// The items that `sluice gc` may discard on this host. The host itself knows what it serves from
/// and what it would return to, and keeps that whatever the writer says.
struct Inventory: Sendable {
  let services: AgentServices
  let state: OperationState

  /// An answer has a bound; the oldest items come first.
  private static let limit = 2_000

  private var stores: [any ItemStore] {
    [services.slices, state] + (services.builds.map { [$0] } ?? [])
      + (services.openclawState.map { [$0] } ?? []) + (services.trials.map { [$0.store] } ?? [])
  }

  private func store(of kind: StoredItem.Kind) -> (any ItemStore)? {
    switch kind {
    case .slice, .damagedSlice: services.slices
    case .build: services.builds
    case .stateCopy, .newerState: services.openclawState
    case .buildTrial: services.trials?.store
    case .operation: state
    case .evidence, .plan, .controllerLog, .tornTail: nil
    }
  }

  func items() async throws(PortError) -> [StoredItem] {
    let held = await state.held
    var items: [StoredItem] = []
    for store in stores {
      items += try await store.items().map { Self.annotated($0, held) }
    }
    items.sort { $0.changedAtMilliseconds < $1.changedAtMilliseconds }
    return Array(items.prefix(Self.limit))
  }

  /// Removes these items, and says which stayed.
  func discard(_ wanted: [StoredItem.ID]) async throws(PortError) -> DiscardReport {
    let known = Dictionary(try await items().map { ($0.id, $0) }) { first, _ in first }
    var report = DiscardReport(removed: 0, bytes: 0, faults: [])
    for id in wanted {
      // A missing item needs no removal: an agent may have ended in the middle of this operation.
      guard let item = known[id], let store = store(of: id.kind) else { continue }
      if let use = item.uses.first {
        report.faults.append("\(id): \(use)")
        continue
      }
      do throws(PortError) {
        try await store.remove(id)
        report.removed += 1
        report.bytes = report.bytes.addingClamped(item.bytes)
      } catch { report.faults.append("\(id): \(error.message)") }
    }
    return report
  }

  /// With the uses that only the agent knows.
  private static func annotated(_ item: StoredItem, _ held: ExpectedFile?) -> StoredItem {
    var item = item
    for (release, word) in [
      (held?.release, "this host must run it"), (held?.previous, "a rollback returns to it"),
    ] {
      guard let lock = release?.lock else { continue }
      switch item.id.kind {
      case .slice where item.id.name == lock.skills.version: item.uses.append(word)
      case .build where item.id.name == lock.openclaw.version: item.uses.append(word)
      default: break
      }
    }
    return item
  }
}
