import SluiceCore
import SluicePorts
import SluiceSystem

/// One exchange that sends HAProxy a change and reads back the true state.
extension ManagedHAProxy {
  struct Observed: Sendable {
    var state: BalancerState
    var version: String
    /// By `BACKEND/SERVER`.
    var servers: [String: RuntimeReply.Server]
    /// HAProxy's names of the hosts.
    var names: [HostName: String]
    /// Those that the keeper refuses, by `BACKEND/SERVER`.
    var refused: Set<String>
    /// The answers of further commands.
    var further: [String]
  }

  /// Sends orders, then reads everything. Throws `.unreachable` when HAProxy does not run; then
  /// nothing was done.
  func exchange(
    _ orders: [RuntimeCommand] = [], further: [RuntimeCommand] = []
  ) async throws(PortError) -> Observed {
    let reads: [RuntimeCommand] = [
      .info, .getMap(files.stateMap, StateMap.key), .serverStates, .serverSessions,
      .showMap(files.tenantMap),
    ]
    let replies = try await runtime.ask(orders + reads + further)
    for (order, reply) in zip(orders, replies) { try runtime.confirmed(order, reply) }
    let read = Array(replies[orders.count...])
    let info = try runtime.understood(read[0], RuntimeReply.info)
    let own = try ProcessRecord.read(files.record)?.process
    guard own?.pid == info.processID else { throw stranger(info.processID, own) }
    let states = try runtime.understood(read[2], RuntimeReply.servers)
    let names = Dictionary(
      fleet.gateways.map { ($0.name, HAProxyConfiguration.serverName($0)) },
      uniquingKeysWith: { first, _ in first })
    return Observed(
      state: BalancerState(
        weights: try weights(read[1], TenantMap(RuntimeReply.mapEntries(read[4]))),
        servers: try servers(states, try runtime.understood(read[3], RuntimeReply.sessions)),
        processID: info.processID, upSeconds: info.upSeconds),
      version: info.version, servers: states, names: names,
      refused: try runtime.understood(read[3], RuntimeReply.refused),
      further: Array(read[reads.count...]))
  }

  /// Sets the weights in one motion: tenants are there before the state names them, and those that
  /// no state names any more go after it.
  func exchange(_ weights: Weights) async throws(PortError) -> BalancerState {
    let value = try StateMap.value(of: weights, try secret())
    let known = TenantMap(
      RuntimeReply.mapEntries(try await runtime.ask([.showMap(files.tenantMap)])[0])
    ).entries
    let wanted = TenantMap([weights]).entries
    try await change(
      wanted.filter { known[$0.key] == nil }.sorted { $0.key < $1.key }
        .map { .addMap(files.tenantMap, $0.key, $0.value) })
    let state = try await exchange([.setMap(files.stateMap, StateMap.key, value)]).state
    try await change(
      known.keys.filter { wanted[$0] == nil }.sorted().map { .deleteMap(files.tenantMap, $0) })
    return state
  }

  /// A line of commands has to fit into one of HAProxy's buffers, 16 KiB.
  private static let commandsAtOnce = 32

  private func change(_ orders: [RuntimeCommand]) async throws(PortError) {
    var rest = orders[...]
    while !rest.isEmpty {
      let some = Array(rest.prefix(Self.commandsAtOnce))
      rest = rest.dropFirst(some.count)
      for (order, reply) in zip(some, try await runtime.ask(some)) {
        try runtime.confirmed(order, reply)
      }
    }
  }

  private func weights(_ reply: String, _ tenants: TenantMap) throws(PortError) -> Weights {
    let value = try runtime.understood(reply, RuntimeReply.mapValue)
    guard let value,
      let weights = StateMap.weights(from: value, try knownSecret(), tenants: tenants)
    else {
      throw PortError(
        .failed, "HAProxy's state is \"\(value ?? "")\", which Sluice never set",
        remedy: "Somebody else changed it: set a share again, or roll back.")
    }
    return weights
  }

  private func servers(
    _ states: [String: RuntimeReply.Server], _ sessions: [String: Int]
  ) throws(PortError) -> [BalancerState.Server] {
    var servers: [BalancerState.Server] = []
    for host in fleet.gateways {
      let name = HAProxyConfiguration.serverName(host)
      guard let state = states[name] else { throw unknownHost(host.name) }
      servers.append(
        BalancerState.Server(
          host: host.name, arm: host.arm, isUp: state.isUp, isTakenOut: state.isTakenOut,
          openSessions: sessions[name] ?? 0))
    }
    return servers
  }

  /// Orders that change whether a host is held back, its entry of the hold map read back too.
  func exchange(
    _ orders: [RuntimeCommand], holding host: HostName, as wish: HoldMap.Value
  ) async throws(PortError) -> BalancerState {
    let observed = try await exchange(orders, further: [.getMap(files.holdMap, host.rawValue)])
    let held = try runtime.understood(observed.further[0], RuntimeReply.mapValue)
    let server = observed.state.servers.first { $0.host == host }
    guard held == wish.rawValue, server?.isTakenOut == (wish != .inService) else {
      throw PortError(
        .failed,
        "HAProxy took the orders for \(host) and shows otherwise: hold \(held ?? "none"), "
          + (server?.isTakenOut == true ? "out of service" : "in service"),
        remedy: "Somebody else may be changing it; try again.")
    }
    return observed.state
  }
}
