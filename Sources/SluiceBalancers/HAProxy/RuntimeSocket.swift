import SluicePorts
import SluiceSystem

/// HAProxy's runtime API behind its stats socket: one connection a command.
struct RuntimeSocket: Sendable {
  let path: String

  private static let deadline: Duration = .seconds(5)

  /// The whole answer. Throws `.unreachable` when nobody listens, `.unknown` when the answer was
  /// lost: the command may have been carried out then.
  func ask(
    _ command: RuntimeCommand, limit: Int = 1 << 20
  ) async throws(PortError) -> String {
    let connection: StreamConnection
    do throws(SystemError) {
      connection = try await StreamConnection.connect(.unix(path: path), deadline: Self.deadline)
    } catch {
      throw PortError(.unreachable, "HAProxy does not answer at \(path): \(error)")
    }
    defer { connection.close() }
    do throws(SystemError) {
      try await connection.write(Array("\(command)\n".utf8), deadline: Self.deadline)
      let bytes = try await connection.readAll(limit: limit, deadline: Self.deadline)
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      throw PortError(.unknown, "HAProxy's answer to \"\(command)\" was lost: \(error)")
    }
  }

  /// Sends a command that changes something. A blank answer alone is success.
  func order(_ command: RuntimeCommand) async throws(PortError) {
    let answer = try await ask(command)
    do throws(RuntimeReply.Fault) { try RuntimeReply.confirm(answer) } catch {
      throw PortError(.failed, "HAProxy refused \"\(command)\": \(error.message)")
    }
  }

  func read<Value>(
    _ command: RuntimeCommand, _ parse: (String) throws(RuntimeReply.Fault) -> Value
  ) async throws(PortError) -> Value {
    let answer = try await ask(command)
    do throws(RuntimeReply.Fault) { return try parse(answer) } catch {
      throw PortError(
        .failed, "HAProxy cannot be understood: \(error.message)",
        remedy: "Sluice knows HAProxy 2.6 to 3.4; see which one answers at \(path).")
    }
  }
}
