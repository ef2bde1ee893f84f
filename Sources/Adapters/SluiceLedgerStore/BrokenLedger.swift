import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceSystem

/// A ledger that fails the check of its chain, read as far as possible: the lines that the chain
/// proves, and the claims of the lines behind the fault.
public struct BrokenLedger: Sendable {
  public let alteration: LedgerAlteration
  /// The lines before the first wrong line. Their chain and replay hold.
  public let proven: [LedgerEntry]
  /// Lines behind it that have the form of a line. Nothing vouches for one of them alone.
  public let claimed: [LedgerEntry]
  private let path: String
  private let lines: [LedgerLine]

  /// Nil when nothing is wrong with it.
  public static func read(_ path: String) throws(PortError) -> BrokenLedger? {
    let found: [UInt8]
    do throws(SystemError) { found = try SystemDisk().read(path) } catch {
      if error.isMissing { return nil }
      throw PortError(
        .failed, "the ledger cannot be read: \(error)",
        remedy: "Check that \(path) may be read by the account that runs sluice.")
    }
    var (chain, replay) = (LedgerChain(), Replay())
    var lines: [LedgerLine] = []
    var claimed: [LedgerEntry] = []
    var fault: LedgerFault?
    // Whether the line at fault is right by itself, so that only its place in the chain is wrong.
    var isWhole = false
    var rest = found[...]
    var number = 0
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      number += 1
      let bytes = Array(rest[..<end])
      rest = rest[(end + 1)...]
      if fault != nil {
        if let claim = LedgerLine.claim(in: bytes) { claimed.append(claim) }
        continue
      }
      do throws(LedgerFault) {
        let line = try LedgerLine(bytes: bytes, line: number)
        try chain.take(line)
        try replay.take(line.entry)
        lines.append(line)
      } catch {
        fault = error
        if let claim = LedgerLine.claim(in: bytes) { claimed.append(claim) }
        isWhole = (try? LedgerLine(bytes: bytes, line: number)) != nil
      }
    }
    guard let fault else { return nil }
    // Which of two lines was altered the chain does not say: nothing is taken from either. A line whose
    // own digest is wrong says it.
    if isWhole, number > lines.count, !lines.isEmpty, claimed.first?.n == Int64(lines.count) {
      claimed.insert(lines.removeLast().entry, at: 0)
    }
    return BrokenLedger(
      alteration: LedgerAlteration(
        line: fault.line, fault.message, found: found, ledger: path),
      proven: lines.map(\.entry), claimed: claimed, path: path, lines: lines)
  }

  private init(
    alteration: LedgerAlteration, proven: [LedgerEntry], claimed: [LedgerEntry], path: String,
    lines: [LedgerLine]
  ) {
    self.alteration = alteration
    self.proven = proven
    self.claimed = claimed
    self.path = path
    self.lines = lines
  }

  /// The highest epoch that any line names.
  public var highestEpoch: Epoch {
    (proven + claimed).map(\.epoch).max() ?? Epoch(0)
  }

  /// Keeps the file under another name, and begins a new file in its place. The new file holds the
  /// first of the proven lines, and a line that reports the change. Needs the writer's lock.
  ///
  /// - Parameters:
  ///   - count: how many of the proven lines the new file begins with.
  ///   - next: the digest of the plan that shall be run next.
  /// - Returns: the path of the changed file.
  public func setAside(
    keeping count: Int, epoch: Epoch, at moment: Moment, actor: String, next: Digest?
  ) throws(PortError) -> String {
    let kept = alteration.keptAt ?? path
    var chain = LedgerChain()
    var bytes: [UInt8] = []
    do throws(LedgerFault) {
      for line in lines.prefix(count) {
        try chain.take(line)
        bytes += line.bytes + [UInt8(ascii: "\n")]
      }
      var draft = alteration.draft(epoch: max(epoch, chain.epoch), at: moment, actor: actor)
      if case .object(var detail) = draft.detail {
        detail["way_back"] = next.map { .string($0.text) } ?? .null
        draft.detail = .object(detail)
      }
      for line in try chain.extend(with: [draft]) { bytes += line.bytes + [UInt8(ascii: "\n")] }
    } catch {
      throw PortError(.failed, "the ledger's new file cannot be written: \(error)")
    }
    let disk = SystemDisk()
    let reserve = LedgerReserve(path: path + ".reserve", disk: disk, size: 0)
    do throws(SystemError) {
      try disk.keep(path, as: kept)
      try reserve.retry(isAllowed: true, bytes: bytes.count) { () throws(SystemError) in
        try disk.replace(path, with: bytes, mode: 0o640)
      }
    } catch {
      throw PortError(
        error.isOutOfSpace ? .outOfSpace : .failed,
        "\(path) cannot be set aside, so nothing was done: \(error)",
        remedy: "Mend \(AuditDirectory.containing(path)), then:  sluice rollback")
    }
    return kept
  }
}
