import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceSystem

// Opening the file, a torn tail, and a file that was changed by another process.

extension LedgerWriter {
  /// The file as this writer left it, or opened anew.
  mutating func current(for epoch: Epoch, mayUseReserve: Bool) throws(PortError) -> Writing {
    if let writing {
      do throws(SystemError) {
        if try disk.status(of: path) == writing.status { return writing }
      } catch { throw openFault(error, isRollingBack: mayUseReserve) }
    }
    // Between two leases of ours another controller may have appended lines to the ledger.
    let isOurs = writing != nil && epoch == chain.epoch
    if let change = try change(epoch, allowsNewLines: !isOurs) { throw change }
    return try open(mayUseReserve: mayUseReserve)
  }

  /// The file at the ledger's path is not the file that this writer left there. Keeps that file,
  /// and continues in a new file, unless a successor wrote it.
  mutating func changed(_ epoch: Epoch) -> PortError {
    do throws(PortError) {
      if let change = try change(epoch, allowsNewLines: false) { return change }
    } catch { return error }
    return giveUp(
      .unknown,
      "whether the ledger's last line is on disk is not certain: \(path) was changed or "
        + "replaced while it was written to")
  }

  /// Nil when all lines are unchanged, and at most half a line follows them: the file was only
  /// touched, or its copy was brought back.
  ///
  /// - Parameter allowsNewLines: lines that continue our own are no change.
  private mutating func change(
    _ epoch: Epoch, allowsNewLines: Bool
  ) throws(PortError) -> PortError? {
    guard chain.count > 0 else { return nil }
    let found: [UInt8]?
    do throws(SystemError) { found = try disk.read(path) } catch {
      guard error.isMissing else { throw openFault(error, isRollingBack: false) }
      found = nil
    }
    let successor = found.flatMap { Self.highestEpoch(in: $0, behind: Int(chain.count)) }
    if let successor, successor > epoch { return fenced(successor, epoch) }
    let alteration =
      LedgerAlteration.between(written, found, ledger: path)
      ?? found.flatMap { strangers(in: $0, areAllowed: allowsNewLines) }
    return alteration.map { goOnAnew($0) }
  }

  /// The highest epoch of the lines behind our own, also where an older line was altered: the chain
  /// breaks there, and a successor that wrote behind it is a successor all the same.
  private static func highestEpoch(in found: [UInt8], behind count: Int) -> Epoch? {
    found.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropFirst(count)
      .compactMap { LedgerLine.claim(in: Array($0))?.epoch }.max()
  }

  /// Lines behind our own that we did not write. Where they are allowed, only lines that do not
  /// continue our own are an alteration.
  private func strangers(in found: [UInt8], areAllowed: Bool) -> LedgerAlteration? {
    let line = Int(chain.count) + 1
    do throws(LedgerFault) {
      let count = try LedgerChain.read(found[written.count...], after: chain).lines.count
      guard count > 0, !areAllowed else { return nil }
      return LedgerAlteration(
        line: line, "\(count) lines stand from here on that its controller cannot answer for",
        found: found, ledger: path)
    } catch {
      return LedgerAlteration(line: error.line, error.message, found: found, ledger: path)
    }
  }

  /// The changed file keeps its bytes under a second name, and the ledger's name gets a new file with
  /// the lines as they were written.
  private mutating func goOnAnew(_ alteration: LedgerAlteration) -> PortError {
    do throws(SystemError) {
      try disk.makeDirectory(AuditDirectory.containing(path))
      if let kept = alteration.keptAt { try disk.keep(path, as: kept) }
      try reserve.retry(isAllowed: true, bytes: written.count) { () throws(SystemError) in
        try disk.replace(path, with: written, mode: 0o640)
      }
      let file = try disk.open(path, mode: 0o640, create: false)
      guard let status = try disk.status(of: path) else {
        return giveUp(.failed, "\(path) is gone again")
      }
      writing = Writing(file: file, status: status)
    } catch {
      if error.isOutOfSpace { return noSpace(for: "a new file of its lines", isRollingBack: true) }
      return giveUp(
        .failed,
        "\(path):\(alteration.line): \(alteration.message), and no new file can be begun "
          + "with its lines: \(error)")
    }
    untoldAlterations.append(alteration)
    return alteration.error(of: path)
  }

  // MARK: Opening and recovery

  private mutating func open(mayUseReserve: Bool) throws(PortError) -> Writing {
    let (file, bytes) = try open(creates: chain.count == 0, isRollingBack: mayUseReserve)
    let contents = try parse(bytes[...])
    guard contents.goesOn(from: chain) else { throw linesGone(chain) }
    if !contents.torn.isEmpty {
      try setAside(contents, from: file, mayUseReserve: mayUseReserve)
    }
    try renew(file, mayUseReserve: mayUseReserve)
    let opened = Writing(file: file, status: try status(mayUseReserve))
    writing = opened
    chain = contents.chain
    written = Array(bytes.dropLast(contents.torn.count))
    reserve.refill()
    return opened
  }

  private func open(creates: Bool, isRollingBack: Bool) throws(PortError) -> (Disk.File, [UInt8]) {
    do throws(SystemError) {
      try disk.makeDirectory(AuditDirectory.containing(path))
      let file = try disk.open(path, mode: 0o640, create: creates)
      return (file, try disk.read(path))
    } catch { throw openFault(error, isRollingBack: isRollingBack) }
  }

  private func status(_ isRollingBack: Bool) throws(PortError) -> LedgerDiskStatus {
    do throws(SystemError) {
      guard let status = try disk.status(of: path) else {
        throw SystemError("stat", code: 2, path: path)
      }
      return status
    } catch { throw openFault(error, isRollingBack: isRollingBack) }
  }

  /// The last writer may have ended because a sync failed. Then its lines can be read, and may be
  /// on no medium. They must be on the medium before a promotion continues from them.
  private func renew(_ file: Disk.File, mayUseReserve: Bool) throws(PortError) {
    do throws(SystemError) {
      try reserve.retry(isAllowed: mayUseReserve, bytes: Self.renewedBytes) {
        () throws(SystemError) in
        try file.renew(last: Self.renewedBytes)
      }
    } catch { throw openFault(error, isRollingBack: mayUseReserve) }
  }

  /// No motion writes more than a few lines of 64 KiB.
  private static var renewedBytes: Int { 256 << 10 }

  /// Copies the torn tail to a file of its own, durably, and only then cuts it off.
  private mutating func setAside(
    _ contents: LedgerChain.Contents, from file: Disk.File, mayUseReserve: Bool
  ) throws(PortError) {
    let found = LedgerRecovery(
      torn: contents.torn, line: contents.lines.count + 1, ledger: path)
    do throws(SystemError) {
      try reserve.retry(isAllowed: mayUseReserve, bytes: found.tornBytes) {
        () throws(SystemError) in
        try disk.replace(found.keptAt, with: contents.torn, mode: 0o640)
      }
      try file.truncate(to: file.length - Int64(found.tornBytes))
    } catch {
      if error.isOutOfSpace {
        throw noSpace(for: "a copy of the ledger's torn last line", isRollingBack: mayUseReserve)
      }
      throw giveUp(.failed, "the ledger's torn last line cannot be cut off: \(error)")
    }
    recovery = found
    untold = found
  }
}

extension LedgerChain.Contents {
  /// Whether the lines begin with those that the chain has taken.
  fileprivate func goesOn(from known: LedgerChain) -> Bool {
    let count = Int(known.count)
    guard count > 0 else { return true }
    return lines.count >= count && lines[count - 1].leafHash == known.head
  }
}
