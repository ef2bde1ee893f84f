/// The writer's disk, as far as the ledger needs it.
struct SimulatedDisk: Sendable {
  private(set) var isFull = false
  private var writes: (DiskFailure, left: Int)?
  private var syncs: (DiskFailure, left: Int)?
  private var renames: (DiskFailure, left: Int)?

  mutating func strike(_ fault: Fault) {
    switch fault {
    case .writeFails(let failure, let count): writes = (failure, count)
    case .syncFails(let failure, let count): syncs = (failure, count)
    case .renameFails(let failure, let count): renames = (failure, count)
    case .diskIsFull: isFull = true
    default: break
    }
  }

  mutating func heal() { self = SimulatedDisk() }
  mutating func loseUndurable() {}

  mutating func failureOfWrite() -> DiskFailure? { Self.countDown(&writes) }
  mutating func failureOfSync() -> DiskFailure? { Self.countDown(&syncs) }
  mutating func failureOfRename() -> DiskFailure? {
    if isFull { return .noSpace }
    return Self.countDown(&renames)
  }

  private static func countDown(_ fault: inout (DiskFailure, left: Int)?) -> DiskFailure? {
    guard let (failure, left) = fault else { return nil }
    fault = left > 1 ? (failure, left - 1) : nil
    return left > 1 ? nil : failure
  }
}
