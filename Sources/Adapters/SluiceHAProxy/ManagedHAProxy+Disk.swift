import SluiceCore
import SluicePorts
import SluiceSystem

/// HAProxy starts with the files on disk. So Sluice writes a change to disk before it sends the
/// change to HAProxy.
extension ManagedHAProxy {
  /// Refuses an epoch lower than the highest seen, and remembers a higher one.
  func fence(_ epoch: Epoch) throws(PortError) {
    let seen: Int64
    if let text = try readIfThere(files.fence) {
      guard let number = Self.epoch(in: text) else {
        throw PortError(
          .failed, "\(files.fence) does not hold an epoch",
          remedy: "Write the ledger's highest epoch into it, as digits and a line feed.")
      }
      seen = number
    } else {
      seen = 0
    }
    guard epoch.number >= seen else {
      throw PortError(
        .fenced, "the balancer has seen epoch \(seen), this is \(epoch)",
        remedy: "Another controller took over: see  sluice status")
    }
    if epoch.number > seen { try write(files.fence, "\(epoch)\n") }
  }

  /// The highest epoch seen; 0 before the first epoch, or where the file cannot be read.
  public func seenEpoch() -> Epoch {
    let text = (try? readIfThere(files.fence)) ?? nil
    return Epoch(text.flatMap(Self.epoch) ?? 0)
  }

  /// Digits and a line feed; nil for anything else, and for a number that no ledger could hold.
  static func epoch(in text: String) -> Int64? {
    guard text.hasSuffix("\n"), let number = Int64(text.dropLast()), number >= 0,
      number == number.clampedToJSON
    else { return nil }
    return number
  }

  /// For reading what was set: a fleet that has none yet never set anything with one.
  func knownSecret() throws(PortError) -> FleetSecret {
    if let keptSecret { return keptSecret }
    guard let kept = try FleetSecret.read(files.secret) else { return .blank }
    keptSecret = kept
    return kept
  }

  /// Made at the first start; a HAProxy that runs must know the same one.
  func secret() throws(PortError) -> FleetSecret {
    if let keptSecret { return keptSecret }
    let found: FleetSecret
    if let kept = try FleetSecret.read(files.secret) {
      found = kept
    } else {
      found = .random()
      do throws(SystemError) {
        try Files.makePrivateDirectory(files.directory)
        // Two controllers may come at once: the first makes the secret, the second reads it.
        try Files.create(files.secret, with: Array(found.fileText.utf8), mode: 0o600)
      } catch {
        guard let kept = try FleetSecret.read(files.secret) else {
          throw PortError(
            .failed, "the balancer's secret cannot be written: \(error)",
            remedy: "Mend \(files.directory), then try again.")
        }
        keptSecret = kept
        return kept
      }
    }
    keptSecret = found
    return found
  }

  /// Nil before anything was ever set.
  func weightsOnDisk() throws(PortError) -> Weights? {
    guard let text = try readIfThere(files.stateMap) else { return nil }
    let tenants = TenantMap(file: try readIfThere(files.tenantMap) ?? "")
    guard let weights = StateMap.parse(file: text, try knownSecret(), tenants: tenants) else {
      throw PortError(
        .failed, "\(files.stateMap) holds \"\(text.prefix(60))\", which Sluice never wrote",
        remedy: "Remove it: the share is then 0 until it is set again.")
    }
    return weights
  }

  /// Writes the tenants first, under a number that no state names yet. At every start HAProxy so
  /// finds either the complete old weights or the complete new weights.
  func writeWeights(_ weights: Weights, after kept: Weights?) throws(PortError) {
    let tenants = TenantMap([kept, weights].compactMap(\.self)).file
    if tenants != (try readIfThere(files.tenantMap) ?? "") { try write(files.tenantMap, tenants) }
    try write(files.stateMap, try StateMap.file(weights, try secret()))
  }

  func holdsOnDisk() throws(PortError) -> [HostName: HoldMap.Value] {
    let kept = HoldMap.parse(file: try readIfThere(files.holdMap) ?? "")
    // HAProxy can change a key but must find it there first: every gateway has one.
    return Dictionary(
      fleet.gateways.map { ($0.name, kept[$0.name] ?? .inService) }, uniquingKeysWith: { $1 })
  }

  func writeHold(_ value: HoldMap.Value, for host: HostName) throws(PortError) {
    var holds = try holdsOnDisk()
    holds[host] = value
    try write(files.holdMap, HoldMap.file(holds))
  }

  /// A share of 0 must be settable on a full disk.
  var reserve: SpaceReserve {
    SpaceReserve(path: "\(files.directory)/reserve", size: 64 << 10)
  }

  func readIfThere(_ path: String) throws(PortError) -> String? {
    do throws(SystemError) { return try Files.readText(path) } catch {
      if error.isMissing { return nil }
      throw PortError(.failed, "the balancer's file cannot be read: \(error)")
    }
  }

  func write(_ path: String, _ text: String) throws(PortError) {
    do throws(SystemError) {
      try reserve.spend { () throws(SystemError) in
        try Files.replace(path, with: Array(text.utf8), mode: 0o600)
      }
    } catch {
      throw PortError(
        error.isOutOfSpace ? .outOfSpace : .failed,
        "the balancer's file cannot be written, so nothing was changed: \(error)",
        remedy: "Mend \(files.directory), then try again.")
    }
  }
}
