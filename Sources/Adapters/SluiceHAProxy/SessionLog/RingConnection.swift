import SluiceSystem

/// Reads the session log's ring through HAProxy's runtime API: first all lines that the ring holds,
/// then new lines. Another reader can read the same lines again. Only the owner of the socket can
/// write a line.
struct RingConnection: Sendable {
  private let connection: StreamConnection

  private static let deadline: Duration = .seconds(5)

  static func open(socket: String) async throws(SystemError) -> RingConnection {
    let connection = try await StreamConnection.connect(.unix(path: socket), deadline: deadline)
    do throws(SystemError) {
      try await connection.write(
        Array("\(RuntimeCommand.followEvents)\n".utf8), deadline: deadline)
    } catch {
      connection.close()
      throw error
    }
    return RingConnection(connection: connection)
  }

  enum Arrival: Equatable {
    case bytes([UInt8])
    case nothingYet
    /// HAProxy ended, or closed a connection that was silent for long.
    case ended
  }

  func read(within deadline: Duration) async -> Arrival {
    do throws(SystemError) {
      let bytes = try await connection.read(max: 262_144, deadline: deadline)
      return bytes.isEmpty ? .ended : .bytes(bytes)
    } catch { return error.isTimedOut ? .nothingYet : .ended }
  }

  func close() { connection.close() }

  /// Which run of HAProxy answers; nil when none does.
  static func run(socket: String) async -> UInt64? {
    let variable = HAProxyConfiguration.runVariable
    guard let answer = try? await ask(.environment(variable), socket) else { return nil }
    return RuntimeReply.variable(variable, String(decoding: answer, as: UTF8.self))
      .flatMap { UInt64($0, radix: 16) }
  }

  /// How many sessions HAProxy served and did not tell of, because their source fills the log; nil where
  /// it cannot be asked.
  static func untold(socket: String) async -> Int64? {
    let table = RuntimeCommand.table(HAProxyConfiguration.sequenceTable)
    guard let answer = try? await ask(table, socket) else { return nil }
    return RuntimeReply.untold(String(decoding: answer, as: UTF8.self))
  }

  /// Everything that the ring holds now; empty when HAProxy cannot be asked.
  static func contents(socket: String) async -> [UInt8] { (try? await ask(.events, socket)) ?? [] }

  private static func ask(
    _ command: RuntimeCommand, _ socket: String
  ) async throws(SystemError) -> [UInt8] {
    let connection = try await StreamConnection.connect(.unix(path: socket), deadline: deadline)
    defer { connection.close() }
    try await connection.write(Array("\(command)\n".utf8), deadline: deadline)
    return try await connection.readAll(limit: 64 << 20, deadline: deadline)
  }
}
