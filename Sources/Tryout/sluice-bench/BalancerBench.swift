import SluiceCore
import SluiceHAProxy
import SluicePorts
import SluiceSimulator
import SluiceSystem

/// The real clock.
private struct RealTime: Time {
  func now() -> Moment {
    Moment(
      wallMilliseconds: SystemClock.wallMilliseconds(),
      monotonicMilliseconds: SystemClock.monotonicMilliseconds(),
      boot: SystemClock.bootIdentifier())
  }
  func sleep(for duration: Duration) async throws(CancellationError) {
    try await SystemClock.sleep(for: duration)
  }
}

extension Bench {
  /// From a verdict to a share that was read back, durable on disk, against HAProxy's bare command
  /// on the same socket, in turn.
  static func balancerApply(rounds: Int) async throws {
    let directory = "/var/tmp/sluice-bench-\(Randomness.hexadecimal(bytes: 4))"
    try Files.makeDirectory(directory, mode: 0o700)
    defer { try? Files.removeTree(directory) }
    let ports = try PortFinder.freeLoopbackPorts(1)
    let spec = HAProxySpec(
      bind: "127.0.0.1:\(ports[0])", program: nil, directory: directory, pinned: .wait, cohorts: [:]
    )
    var fleet = ExampleFleet.fleet()
    fleet.balancer = .managed(spec)
    let balancer = try ManagedHAProxy(spec, fleet: fleet, time: RealTime())
    try await balancer.ensureRunning()
    var (apply, read, command, write) = ([UInt64](), [UInt64](), [UInt64](), [UInt64]())
    var typed: [UInt64] = []
    do {
      for round in 0..<rounds {
        let weights = Weights(
          share: Share(basisPoints: round % 2) ?? .zero, pinEpoch: 1,
          generation: Int64(round + 1))
        apply.append(
          try await time { _ = try await balancer.apply(weights, epoch: Epoch(1)) })
        read.append(try await time { _ = try await balancer.read() })
        let value = "\(round % 2):1:\(round + 1):-"
        let order = RuntimeCommand.setMap(balancer.files.stateMap, "state", value)
        command.append(try await time { try await send(order, balancer.files.administration) })
        typed.append(try await time { try await type(order, balancer.files.administration) })
        write.append(
          try await time { try Files.replace("\(directory)/x", with: Array(value.utf8)) })
      }
    } catch {
      try? await balancer.stop(deadline: .zero)
      throw error
    }
    try await balancer.stop(deadline: .zero)
    report("share set, durable, read back", median(apply), "bare set map", median(command))
    report(
      "share set, durable, read back", median(apply), "the bare command by socat, as one types it",
      median(typed))
    report("the balancer read whole", median(read), "bare set map", median(command))
    report("share set, durable, read back", median(apply), "bare durable write", median(write))
  }

  private static func type(_ command: RuntimeCommand, _ socket: String) async throws {
    let outcome = try await Processes.run(
      ProcessCommand(
        "/bin/sh", ["-c", "echo '\(command)' | socat stdio \(socket)"],
        environment: ["PATH": "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin"]))
    guard outcome.succeeded else {
      throw PortError(.failed, "socat did not send it: \(outcome.errorText)")
    }
  }

  private static func send(_ command: RuntimeCommand, _ socket: String) async throws {
    let connection = try await StreamConnection.connect(
      .unix(path: socket), deadline: .seconds(5))
    defer { connection.close() }
    try await connection.write(text: "\(command)\n", deadline: .seconds(5))
    _ = try await connection.readAll(deadline: .seconds(5))
  }
}
