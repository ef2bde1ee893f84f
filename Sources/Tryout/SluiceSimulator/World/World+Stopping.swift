import SluiceCore
import SluiceLedger

// The duties of a controller that must be stoppable: changes of its ledger, requests, and the
// reserve of a full disk.

extension World {
  /// The ledger was changed under a controller.
  struct Tampering: Sendable {
    /// Lines that were durable then.
    var lines: Int
    var controller: Int
    /// The next line must start the rollback.
    var isOpen: Bool
    /// The controller is gone, or the change was undone, before it wrote again: nothing follows.
    var isVoid = false
  }

  /// A request that reached a controller.
  struct Delivery: Sendable {
    var action: Request.Action
    var controller: Int
    var at: Moment
    var lines: Int
    /// The controller was stopped, killed, or out of room for a line before it could answer.
    var isVoid = false
  }

  /// A request must be in the ledger after so many milliseconds.
  static let deliveryBound: Int64 = 10_000

  /// A full disk refused a line that may not use the reserve. A rollback may use the reserve. A
  /// controller that was succeeded before it began is fenced, whether the disk has room or not.
  mutating func noteFullDisk(for epoch: Epoch, after replay: Replay) {
    guard epoch >= replay.epoch, replay.promotion?.phase.isRollingBack == true else { return }
    unrecordedRetreats += 1
  }

  /// A person brings the ledger's copy back, after no controller leads any more, or with all other
  /// repairs.
  mutating func undoTampering() {
    disk.bringBack()
    for index in tamperings.indices where tamperings[index].isOpen {
      tamperings[index].isOpen = false
      tamperings[index].isVoid = tamperings[index].lines >= linesSeen
    }
  }

  /// A controller that is gone does not carry out its requests.
  mutating func voidDeliveries(to controller: Int) {
    for index in deliveries.indices where deliveries[index].controller == controller {
      let waited = clock.moment(now).milliseconds(since: deliveries[index].at) ?? 0
      if waited < Self.deliveryBound { deliveries[index].isVoid = true }
    }
  }

  /// A line was written: the change before it was noticed, or never will be.
  mutating func closeTamperings() {
    for index in tamperings.indices
    where tamperings[index].isOpen && tamperings[index].lines < linesSeen {
      tamperings[index].isOpen = false
    }
  }
}
