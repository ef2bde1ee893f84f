import SluicePorts
import SluiceSystem

/// HAProxy's runtime API behind its stats socket: one connection an exchange, however many commands
/// that has.
struct RuntimeSocket: Sendable {
  let path: String
  /// Of one connection, one command and one answer each.
  var deadline: Duration = .seconds(5)

  private static let limit = 4 << 20

  /// Returns the whole answer. Throws `.unreachable` when no process listens, and `.unknown` when
  /// the answer was lost, because HAProxy may have performed the command.
  func ask(_ command: RuntimeCommand, limit: Int = limit) async throws(PortError) -> String {
    try await send(command.text, limit)
  }

  /// One answer a command, in their order. Throws as `ask(_:limit:)` does, `.unknown` also when some
  /// answers are missing.
  func ask(_ commands: [RuntimeCommand]) async throws(PortError) -> [String] {
    let line = commands.map(\.text).joined(separator: "; ")
    guard
      let replies = RuntimeReply.split(try await send(line, Self.limit), count: commands.count)
    else { throw PortError(.unknown, "HAProxy did not answer all of \"\(line)\"") }
    return replies
  }

  func read<Value>(
    _ command: RuntimeCommand, _ parse: (String) throws(RuntimeReply.Fault) -> Value
  ) async throws(PortError) -> Value {
    try understood(try await ask(command), parse)
  }

  /// Sends a command that changes something. A blank answer alone is success.
  func order(_ command: RuntimeCommand) async throws(PortError) {
    try confirmed(command, try await ask(command))
  }

  // MARK: Answers

  func understood<Value>(
    _ answer: String, _ parse: (String) throws(RuntimeReply.Fault) -> Value
  ) throws(PortError) -> Value {
    do throws(RuntimeReply.Fault) { return try parse(answer) } catch {
      throw PortError(
        .failed, "HAProxy cannot be understood: \(error.message)",
        remedy: "Sluice knows HAProxy 2.6 to 3.4; see which one answers at \(path).")
    }
  }

  func confirmed(_ command: RuntimeCommand, _ answer: String) throws(PortError) {
    do throws(RuntimeReply.Fault) { try RuntimeReply.confirm(answer) } catch {
      throw PortError(.failed, "HAProxy refused \"\(command)\": \(error.message)")
    }
  }

  private func send(_ line: String, _ limit: Int) async throws(PortError) -> String {
    let connection: StreamConnection
    do throws(SystemError) {
      connection = try await StreamConnection.connect(.unix(path: path), deadline: deadline)
    } catch {
      throw PortError(
        .unreachable, "HAProxy does not answer at \(path): \(error)",
        remedy: "Start it with what is on disk:  sluice balancer start")
    }
    defer { connection.close() }
    do throws(SystemError) {
      try await connection.write(Array("\(line)\n".utf8), deadline: deadline)
      let bytes = try await connection.readAll(limit: limit, deadline: deadline)
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      throw PortError(.unknown, "HAProxy's answer to \"\(line)\" was lost: \(error)")
    }
  }
}
