import SluiceLedgerStore
import SluiceSystem
import Synchronization

/// A disk of bytes in memory. Bytes that were not synchronized may be gone after a loss of power. A
/// call can fail, fill the disk up, or be the last act of a process, half done.
public final class SimulatedDisk: LedgerDisk {
  struct Inode: Sendable {
    var bytes: [UInt8] = []
    var durable: [UInt8] = []
    /// The bytes of a failed sync: they are read as if they were there, and no later sync brings
    /// it to the medium (PostgreSQL, 2018).
    var forgotten: Range<Int>?
    /// Counts what was done to it; a bit that turns over by itself is not counted.
    var changes: Int64 = 0

    /// Turns a bit over where it lies: on the medium, if it is there.
    mutating func turn(_ offset: Int, _ bit: UInt8) {
      if offset < bytes.count { bytes[offset] ^= bit }
      if offset < durable.count { durable[offset] ^= bit }
    }
  }

  struct Flip: Sendable {
    var name: String
    var inode: UInt64
    var offset: Int
    var bit: UInt8
    /// A person wrote the byte, which the file's times show.
    var isWritten: Bool
  }

  struct Countdown: Sendable {
    var failure: DiskFailure
    var left: Int
  }

  struct State: Sendable {
    var names: [String: UInt64] = [:]
    var inodes: [UInt64: Inode] = [:]
    var lastInode: UInt64 = 0
    var isFull = false
    /// Room that was made on a full disk.
    var room = 0
    var writes: Countdown?
    var syncs: Countdown?
    var renames: Countdown?
    /// Steps that the process at work may still take, and those that it took.
    var budget: Int?
    var taken = 0
    /// At most one bit that flipped by itself and one that a person wrote.
    var flips: [Flip] = []
    /// An older copy that a person put in a file's place, and the original file.
    var swap: (name: String, copy: UInt64, original: UInt64)?
    /// For a world without bytes: its ledger was changed.
    var isChanged = false
    /// A line that a flipped bit had made unreadable was cut off as half a line.
    var isCutShort = false
    var random: SplitMix64
  }

  let state: Mutex<State>

  public init(seed: UInt64 = 1) { state = Mutex(State(random: SplitMix64(seed: seed))) }

  private init(_ state: State) { self.state = Mutex(state) }

  /// Another disk with the same bytes, and the same ahead of it.
  func fork() -> SimulatedDisk { SimulatedDisk(state.withLock { $0 }) }

  // MARK: LedgerDisk

  public func status(of path: String) -> LedgerDiskStatus? {
    state.withLock { state in
      state.names[path].map { inode in
        let file = state.inodes[inode]
        let changes = file?.changes ?? 0
        return LedgerDiskStatus(
          inode: inode, size: Int64(file?.bytes.count ?? 0), modified: changes, changed: changes,
          links: state.names.count { $0.value == inode })
      }
    }
  }

  public func read(_ path: String) throws(SystemError) -> [UInt8] {
    try state.withLock { state throws(SystemError) in
      guard let inode = state.names[path], let file = state.inodes[inode] else {
        throw SystemError("open", code: Self.missing, path: path)
      }
      return file.bytes
    }
  }

  public func open(_ path: String, mode: UInt32, create: Bool) throws(SystemError)
    -> SimulatedFile
  {
    try state.withLock { state throws(SystemError) in
      if let inode = state.names[path] {
        let length = state.inodes[inode]?.bytes.count ?? 0
        return SimulatedFile(path: path, inode: inode, length: length, disk: self)
      }
      guard create else { throw SystemError("open", code: Self.missing, path: path) }
      try Self.step(&state, path)
      state.lastInode += 1
      state.names[path] = state.lastInode
      state.inodes[state.lastInode] = Inode()
      return SimulatedFile(path: path, inode: state.lastInode, length: 0, disk: self)
    }
  }

  public func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      try Self.step(&state, path)
      try Self.take(bytes.count, &state, path)
      if let failure = Self.count(&state.renames) {
        throw SystemError("rename", code: failure.code, path: path)
      }
      state.lastInode += 1
      state.inodes[state.lastInode] = Inode(bytes: bytes, durable: bytes)
      state.names[path] = state.lastInode
      try Self.step(&state, path)
    }
  }

  public func keep(_ path: String, as second: String) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      guard let inode = state.names[path] else {
        throw SystemError("link", code: Self.missing, path: path)
      }
      try Self.step(&state, path)
      state.names[second] = state.names[second] ?? inode
      state.inodes[inode]?.changes += 1
    }
  }

  public func makeDirectory(_ path: String) {}

  public func freeBytes(at directory: String) -> Int64 {
    state.withLock { $0.isFull ? 0 : 1 << 34 }
  }

  // MARK: Steps

  /// The process at work may take so many steps; nil: as many as it likes.
  func allow(steps: Int?) {
    state.withLock {
      $0.budget = steps
      $0.taken = 0
    }
  }

  /// Steps that were taken since they were allowed.
  var steps: Int { state.withLock { $0.taken } }

  /// Throws when the process took its last step before this one.
  private static func step(_ state: inout State, _ path: String) throws(SystemError) {
    if let budget = state.budget, state.taken >= budget { throw died(path) }
    state.taken += 1
    if state.taken == state.budget { throw died(path) }
  }

  private static func take(_ count: Int, _ state: inout State, _ path: String)
    throws(SystemError)
  {
    guard state.isFull else { return }
    guard count <= state.room else { throw SystemError("write", code: noSpace, path: path) }
    state.room -= count
  }

  private static func died(_ path: String) -> SystemError {
    SystemError("killed", code: inputOutput, path: path)
  }

  static func count(_ countdown: inout Countdown?) -> DiskFailure? {
    guard let now = countdown else { return nil }
    countdown = now.left > 1 ? Countdown(failure: now.failure, left: now.left - 1) : nil
    return now.left > 1 ? nil : now.failure
  }

  static let missing: Int32 = 2
  static let inputOutput: Int32 = 5
  static let noSpace: Int32 = 28
}

extension DiskFailure {
  fileprivate var code: Int32 {
    self == .noSpace ? SimulatedDisk.noSpace : SimulatedDisk.inputOutput
  }
}

// MARK: Files

/// An open file of a simulated disk. The value stays that file when another file takes its name,
/// and knows only the bytes that were written through it.
public final class SimulatedFile: LedgerDiskFile {
  private let path: String
  private let inode: UInt64
  private let disk: SimulatedDisk
  private let known: Mutex<Int64>

  fileprivate init(path: String, inode: UInt64, length: Int, disk: SimulatedDisk) {
    self.path = path
    self.inode = inode
    self.disk = disk
    known = Mutex(Int64(length))
  }

  public var length: Int64 { known.withLock { $0 } }
  public func append(_ bytes: [UInt8]) throws(SystemError) {
    try disk.append(bytes, to: inode, path)
    known.withLock { $0 += Int64(bytes.count) }
  }
  public func synchronize() throws(SystemError) { try disk.synchronize(inode, path) }
  public func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
    try disk.read(inode, at: offset, count: count, path)
  }
  public func renew(last count: Int) throws(SystemError) {
    try disk.renew(inode, last: count, path)
    try synchronize()
  }
  public func truncate(to length: Int64) throws(SystemError) {
    try disk.truncate(inode, to: length, path)
    known.withLock { $0 = length }
  }
}

extension SimulatedDisk {
  private func usable(_ state: inout State, _ inode: UInt64, _ path: String) throws(SystemError) {
    guard state.inodes[inode] != nil else {
      throw SystemError("use", code: Self.missing, path: path)
    }
  }

  /// Killed in it, a process leaves any part of it behind.
  fileprivate func append(_ bytes: [UInt8], to inode: UInt64, _ path: String) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      try usable(&state, inode, path)
      try Self.step(&state, path)
      try Self.take(bytes.count, &state, path)
      if let failure = Self.count(&state.writes) {
        throw SystemError("write", code: failure.code, path: path)
      }
      do throws(SystemError) { try Self.step(&state, path) } catch {
        state.inodes[inode]?.bytes += bytes.prefix(state.random.index(below: bytes.count + 1))
        state.inodes[inode]?.changes += 1
        throw error
      }
      state.inodes[inode]?.bytes += bytes
      state.inodes[inode]?.changes += 1
      try Self.step(&state, path)
    }
  }

  /// Written anew, it is in the next sync.
  fileprivate func renew(_ inode: UInt64, last count: Int, _ path: String) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      try usable(&state, inode, path)
      try Self.step(&state, path)
      if let failure = Self.count(&state.writes) {
        throw SystemError("write", code: failure.code, path: path)
      }
      guard let file = state.inodes[inode], let forgotten = file.forgotten else { return }
      if forgotten.lowerBound >= file.bytes.count - count { state.inodes[inode]?.forgotten = nil }
    }
  }

  fileprivate func synchronize(_ inode: UInt64, _ path: String) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      try usable(&state, inode, path)
      try Self.step(&state, path)
      if let failure = Self.count(&state.syncs) {
        if let file = state.inodes[inode] {
          let start = file.forgotten?.lowerBound ?? file.durable.count
          state.inodes[inode]?.forgotten = min(start, file.bytes.count)..<file.bytes.count
        }
        throw SystemError("fsync", code: failure.code, path: path)
      }
      var bytes = state.inodes[inode]?.bytes ?? []
      if let forgotten = state.inodes[inode]?.forgotten, forgotten.upperBound <= bytes.count {
        for index in forgotten { bytes[index] = 0 }
      }
      state.inodes[inode]?.durable = bytes
      try Self.step(&state, path)
    }
  }

  fileprivate func read(_ inode: UInt64, at offset: Int64, count: Int, _ path: String)
    throws(SystemError) -> [UInt8]
  {
    try state.withLock { state throws(SystemError) in
      try usable(&state, inode, path)
      let bytes = state.inodes[inode]?.bytes ?? []
      return Array(bytes.dropFirst(Int(offset)).prefix(count))
    }
  }

  fileprivate func truncate(_ inode: UInt64, to length: Int64, _ path: String) throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      try usable(&state, inode, path)
      try Self.step(&state, path)
      guard let bytes = state.inodes[inode]?.bytes, length <= bytes.count else {
        throw SystemError("ftruncate", code: 22, path: path)
      }
      state.room += bytes.count - Int(length)
      let isGone = { (flip: Flip) in flip.offset >= length && flip.inode == inode }
      if state.flips.contains(where: isGone) { state.isCutShort = true }
      state.flips.removeAll(where: isGone)
      state.inodes[inode]?.changes += 1
      state.inodes[inode]?.bytes = Array(bytes.prefix(Int(length)))
      state.inodes[inode]?.durable = Array(bytes.prefix(Int(length)))
      try Self.step(&state, path)
    }
  }
}
