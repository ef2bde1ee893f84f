// Waves: how many stable gateways leave service together.

extension Fleet {
  /// The waves of the mirror, in order. Each stable gateway is in exactly one.
  ///
  /// A wave has at most `mirrorAtOnce` gateways; without that key, a quarter of the stable gateways
  /// and at least one. A wave never takes more than the capacity floor and the zones' floors allow.
  public var mirrorWaves: [[HostName]] {
    let stables = names(of: .stable)
    let wanted = mirrorAtOnce ?? stables.count / 4
    let limit = max(1, min(wanted, stables.count - capacityFloor))
    var waves: [[HostName]] = []
    var left = stables
    while let first = left.first {
      let fitting = together(left, atMost: limit)
      // Preflight refuses a fleet whose zone can spare no gateway.
      let wave = fitting.isEmpty ? [first] : fitting
      waves.append(wave)
      left.removeAll(where: wave.contains)
    }
    return waves
  }

  /// Which of these stable gateways may leave service together: the first ones, at most `limit`, and
  /// of each zone only as many as its floor allows.
  ///
  /// - Parameter absent: stable gateways that are out of service already.
  func together(_ waiting: [HostName], atMost limit: Int, absent: [HostName] = []) -> [HostName] {
    guard let zoneFloor else { return Array(waiting.prefix(max(0, limit))) }
    var spare = stablesByZone.mapValues { $0 - zoneFloor }
    for zone in absent.compactMap({ host($0)?.zone }) { spare[zone]? -= 1 }
    var taken: [HostName] = []
    for name in waiting where taken.count < limit {
      if let zone = host(name)?.zone {
        guard spare[zone, default: 0] > 0 else { continue }
        spare[zone]? -= 1
      }
      taken.append(name)
    }
    return taken
  }

  /// The number of stable gateways of each zone.
  var stablesByZone: [String: Int] {
    stables.reduce(into: [:]) { counts, host in
      if let zone = host.zone { counts[zone, default: 0] += 1 }
    }
  }
}

extension PlanCheck {
  /// Blockers of the mirror that follow from the plan alone.
  static func mirrorBlockers(_ plan: Plan) -> [String] {
    var found: [String] = []
    let (stables, floor) = (plan.stables.count, plan.fleet.capacityFloor)
    if stables <= floor {
      found.append(
        "the mirror takes one of \(stables) stable gateways out of service at a time, and the "
          + "capacity floor is \(floor). Add a stable gateway or lower capacity_floor.")
    }
    guard let zoneFloor = plan.fleet.zoneFloor else { return found }
    for (zone, count) in plan.fleet.stablesByZone.sorted(by: { $0.key < $1.key })
    where count <= zoneFloor {
      found.append(
        "the mirror takes one of \(count) stable gateways of zone \(zone) out of service, and "
          + "zone_floor is \(zoneFloor). Add a stable gateway in \(zone) or lower zone_floor.")
    }
    return found
  }
}
