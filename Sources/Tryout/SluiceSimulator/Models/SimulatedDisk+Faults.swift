import SluiceSystem
import Synchronization

extension SimulatedDisk {
  // MARK: What a fault does to it

  public func strike(_ fault: Fault, file path: String) {
    state.withLock { state in
      switch fault {
      case .writeFails(let failure, let count):
        state.writes = Countdown(failure: failure, left: count)
      case .syncFails(let failure, let count):
        state.syncs = Countdown(failure: failure, left: count)
      case .renameFails(let failure, let count):
        state.renames = Countdown(failure: failure, left: count)
      case .diskIsFull: (state.isFull, state.room) = (true, 0)
      case .bitFlips(let permille): Self.flip(&state, path, permille, isWritten: false)
      case .ledgerIsAltered(let permille): Self.flip(&state, path, permille, isWritten: true)
      case .ledgerIsReplaced(let permille): Self.swap(&state, path, permille)
      default: break
      }
    }
  }

  private static func flip(
    _ state: inout State, _ path: String, _ permille: Int, isWritten: Bool
  ) {
    guard !state.flips.contains(where: { $0.isWritten == isWritten }),
      let inode = state.names[path], let count = state.inodes[inode]?.bytes.count, count > 0
    else { return }
    var flip = Flip(
      name: path, inode: inode, offset: count * permille / 1_000,
      bit: UInt8(1) << UInt8(permille % 8), isWritten: isWritten)
    // Two that turn over the same bit would leave everything as it was.
    let isTaken = state.flips.contains { $0.offset == flip.offset && $0.bit == flip.bit }
    if isTaken { flip.bit = UInt8(1) << UInt8((permille + 1) % 8) }
    turn(&state, flip)
    state.flips.append(flip)
  }

  private static func turn(_ state: inout State, _ flip: Flip) {
    state.inodes[flip.inode]?.turn(flip.offset, flip.bit)
    if flip.isWritten { state.inodes[flip.inode]?.changes += 1 }
  }

  /// A copy that has only its first lines comes to the file's name.
  private static func swap(_ state: inout State, _ path: String, _ permille: Int) {
    guard state.swap == nil, let original = state.names[path],
      let bytes = state.inodes[original]?.bytes
    else { return }
    let cut = bytes.prefix(bytes.count * permille / 1_000)
    let older = Array(bytes.prefix(cut.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0))
    state.lastInode += 1
    state.inodes[state.lastInode] = Inode(bytes: older, durable: older)
    state.names[path] = state.lastInode
    state.swap = (path, state.lastInode, original)
  }

  /// A person brings back the copy of the changed file, unless a new file has the name by now.
  func bringBack() { state.withLock { Self.bringBack(&$0) } }

  private static func bringBack(_ state: inout State) {
    state.isChanged = false
    if let (name, copy, original) = state.swap, state.names[name] == copy {
      state.names[name] = original
    }
    state.swap = nil
    turnBack(&state) { $0.isWritten }
  }

  private static func turnBack(_ state: inout State, _ isMeant: (Flip) -> Bool) {
    for flip in state.flips where isMeant(flip) { turn(&state, flip) }
    state.flips.removeAll(where: isMeant)
  }

  // Tier 1 has no bytes, and asks what would have come of them.

  /// A person changes the ledger of a world without bytes.
  func change() { state.withLock { $0.isChanged = true } }
  /// Whether the ledger was changed since its writer looked last; then a new file has its name.
  func takeChange() -> Bool {
    state.withLock { state in
      defer { state.isChanged = false }
      return state.isChanged
    }
  }

  var isFull: Bool { state.withLock { $0.isFull } }
  func failureOfWrite() -> DiskFailure? { state.withLock { Self.count(&$0.writes) } }
  func failureOfSync() -> DiskFailure? { state.withLock { Self.count(&$0.syncs) } }
  func failureOfRename() -> DiskFailure? {
    state.withLock { $0.isFull ? .noSpace : Self.count(&$0.renames) }
  }
  /// Whether a bit of it is turned over just now, or what one had made unreadable is gone.
  var isAltered: Bool {
    state.withLock { state in
      state.flips.contains { state.names[$0.name] == $0.inode }
        || state.swap.map { state.names[$0.name] == $0.copy } ?? false || state.isCutShort
    }
  }

  /// The bytes that were written to a file, without the bits that are flipped just now.
  func written(_ path: String) -> [UInt8] {
    state.withLock { state in
      guard let inode = state.names[path], var bytes = state.inodes[inode]?.bytes else { return [] }
      for flip in state.flips where flip.inode == inode && flip.offset < bytes.count {
        bytes[flip.offset] ^= flip.bit
      }
      return bytes
    }
  }

  /// The power goes: of what was not synchronized any part may be left.
  func loseUndurable() {
    state.withLock { state in
      for inode in state.inodes.keys.sorted() {
        guard let file = state.inodes[inode] else { continue }
        let rest = file.bytes.dropFirst(file.durable.count)
        let kept = rest.isEmpty ? 0 : state.random.index(below: rest.count + 1)
        // Read back from the medium: what a failed sync forgot is not there.
        let left = file.durable + rest.prefix(kept)
        state.inodes[inode]?.bytes = left
        state.inodes[inode]?.forgotten = nil
        state.flips.removeAll { $0.offset >= left.count && $0.inode == inode }
      }
    }
  }

  /// A person frees space, repairs the disk, and brings back the copy of the lost bytes.
  func heal() {
    state.withLock { state in
      state.isFull = false
      (state.writes, state.syncs, state.renames) = (nil, nil, nil)
      Self.bringBack(&state)
      Self.turnBack(&state) { _ in true }
    }
  }
}
