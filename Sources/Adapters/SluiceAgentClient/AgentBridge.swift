import SluicePorts
import SluiceSystem

/// `sluice node --stdio`: carries bytes between standard input and output and the agent's socket.
/// The bridge does not interpret frames, so that every version bridges every other; but it passes
/// nothing on before the agent has spoken: where no greeting came out, nothing went in.
public enum AgentBridge {
  /// Returns when the agent has ended the connection.
  ///
  /// - Throws: `.unreachable` when no agent listens there: nothing was asked. `.unknown` when the
  ///   connection broke.
  public static func run(socket: String) async throws(PortError) {
    let input: StandardInput
    do throws(SystemError) { input = try StandardInput() } catch {
      throw PortError(.unreachable, "\(error)")
    }
    try await run(
      socket: socket, input: { () async throws(SystemError) in try await input.read() },
      output: { bytes async throws(SystemError) in try await StandardStreams.writeOutput(bytes) })
  }

  /// The same with other ends. The input's end ends only its own direction: the answer still comes.
  public static func run(
    socket: String, input: @escaping @Sendable () async throws(SystemError) -> [UInt8],
    output: @escaping @Sendable ([UInt8]) async throws(SystemError) -> Void
  ) async throws(PortError) {
    let connection: StreamConnection
    do throws(SystemError) {
      connection = try await StreamConnection.connect(
        .unix(path: socket), deadline: LocalHostClient.connectDeadline)
    } catch {
      throw PortError(
        .unreachable, "no agent of Sluice listens at \(socket) (\(error))",
        remedy: "Start it here:  sluice agent")
    }
    defer { connection.close() }
    do throws(SystemError) {
      let greeting = try await connection.read()
      guard !greeting.isEmpty else {
        throw SystemError("read", code: 0, path: socket)
      }
      try await output(greeting)
    } catch {
      throw PortError(
        .unreachable, "the agent at \(socket) did not greet",
        remedy: "It is stopping, or is none of Sluice's: look at its log.")
    }
    let fault = await withTaskGroup(of: End.self) { group in
      group.addTask {
        .answers(
          await carry({ () async throws(SystemError) in try await connection.read() }, output))
      }
      group.addTask {
        _ = await carry(
          input, { bytes async throws(SystemError) in try await connection.write(bytes) })
        connection.finishWriting()
        return .questions
      }
      for await end in group {
        guard case .answers(let fault) = end else { continue }
        group.cancelAll()
        return fault
      }
      return nil
    }
    if let fault { throw PortError(.unknown, "the bridge to \(socket) broke: \(fault)") }
  }

  /// Which direction has ended.
  private enum End: Sendable {
    case questions
    case answers(SystemError?)
  }

  private static func carry(
    _ read: @Sendable () async throws(SystemError) -> [UInt8],
    _ write: @Sendable ([UInt8]) async throws(SystemError) -> Void
  ) async -> SystemError? {
    do throws(SystemError) {
      while true {
        let bytes = try await read()
        if bytes.isEmpty { return nil }
        try await write(bytes)
      }
    } catch { return error }
  }
}
