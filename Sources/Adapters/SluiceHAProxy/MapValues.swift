import SluiceCore
import SluicePorts

/// The one line of `state.map`: a single `set map` changes all of it at once.
enum StateMap {
  static let key = "state"

  /// A remembered key keeps `epoch · 2 + arm` in 32 bits.
  static let highestPinEpoch: Int64 = 2_000_000_000

  /// `SHARE:PINEPOCH:GENERATION:CANARYPIN`, and `:GENERATION` once more where tenants are pinned: the set
  /// of `tenants.map` that counts. HAProxy takes any text without complaint and reads nonsense as share
  /// 0, so what it is given is checked here.
  static func value(of weights: Weights, _ secret: FleetSecret) throws(PortError) -> String {
    let set = weights.tenants.isEmpty ? "" : ":\(weights.generation)"
    return "\(try numbers(of: weights)):\(secret.canaryPin(weights.pinEpoch))\(set)"
  }

  private static func numbers(of weights: Weights) throws(PortError) -> String {
    guard (0...highestPinEpoch).contains(weights.pinEpoch), weights.generation >= 0 else {
      throw PortError(
        .refused,
        "pin epoch \(weights.pinEpoch) and generation \(weights.generation) are out of range")
    }
    return "\(weights.share.basisPoints):\(weights.pinEpoch):\(weights.generation)"
  }

  /// Nil unless the text has exactly the form that `value` writes, or the form of a Sluice without
  /// a secret: the first three numbers.
  ///
  /// - Parameter tenants: the entries of `tenants.map`. A tenant whose entry was removed is
  ///   missing.
  static func weights(
    from text: String, _ secret: FleetSecret, tenants: TenantMap = TenantMap()
  ) -> Weights? {
    let fields = text.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = fields.prefix(3).map { Int64($0) }
    // Each of them has to fit into the ledger, and the next one too.
    let isCountable: (Int64) -> Bool = { $0 >= 0 && $0 < Int64.max.clampedToJSON }
    guard (3...5).contains(fields.count), let points = numbers[0], let epoch = numbers[1],
      let generation = numbers[2], let share = Share(basisPoints: Int(clamping: points)),
      // They grow by one with every change.
      isCountable(epoch), isCountable(generation)
    else { return nil }
    var weights = Weights(share: share, pinEpoch: epoch, generation: generation)
    let written =
      fields.count == 3 ? try? self.numbers(of: weights) : try? value(of: weights, secret)
    guard written == fields.prefix(4).joined(separator: ":") else { return nil }
    if fields.count == 5 {
      guard fields[4] == "\(generation)" else { return nil }
      weights = Weights(
        share: share, tenants: tenants.sets[generation] ?? [], pinEpoch: epoch,
        generation: generation)
    }
    return weights
  }

  static func file(_ weights: Weights, _ secret: FleetSecret) throws(PortError) -> String {
    "\(key) \(try value(of: weights, secret))\n"
  }

  static func parse(
    file: String, _ secret: FleetSecret, tenants: TenantMap = TenantMap()
  ) -> Weights? {
    let prefix = "\(key) "
    guard file.hasPrefix(prefix), file.hasSuffix("\n") else { return nil }
    return weights(
      from: String(file.dropFirst(prefix.count).dropLast()), secret, tenants: tenants)
  }
}

/// The lines of `hold.map`: `HOST VALUE`.
enum HoldMap {
  enum Value: String, Sendable {
    case inService = "0"
    /// Taken out; its clients are asked to wait.
    case waiting = "1"
    /// Taken out; its clients go elsewhere.
    case moved = "2"
  }

  static func file(_ values: [HostName: Value]) -> String {
    values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.rawValue)\n" }.joined()
  }

  /// Lines that are not understood are left out: such a host counts as in service.
  static func parse(file: String) -> [HostName: Value] {
    var values: [HostName: Value] = [:]
    for line in file.split(separator: "\n") {
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count == 2, let value = Value(rawValue: fields[1]) else { continue }
      values[HostName(fields[0])] = value
    }
    return values
  }
}
