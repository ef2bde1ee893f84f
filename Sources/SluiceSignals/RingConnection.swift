import SluiceSystem

/// Reads the session log's ring through HAProxy's runtime API: everything that it still holds, then
/// what comes, and it may be read again. The socket is its owner's alone, so nobody else can write
/// a line.
struct RingConnection: Sendable {
  private let connection: StreamConnection

  private static let deadline: Duration = .seconds(5)

  static func open(socket: String, ring: String) async throws(SystemError) -> RingConnection {
    let connection = try await StreamConnection.connect(.unix(path: socket), deadline: deadline)
    do throws(SystemError) {
      try await connection.write(Array("show events \(ring) -w\n".utf8), deadline: deadline)
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

  /// The last line that HAProxy has logged so far; nil when it cannot be asked.
  static func position(
    socket: String, runVariable: String, table: String
  ) async -> EvidenceFile.Beginning? {
    guard let environment = try? await ask("show env \(runVariable)", socket),
      let sequences = try? await ask("show table \(table)", socket),
      let run = value(of: runVariable, in: environment).flatMap({ UInt64($0, radix: 16) })
    else { return nil }
    // Without an entry nothing was logged yet.
    let sequence = value(of: "gpc0", in: sequences).flatMap { Int64($0) } ?? 0
    return EvidenceFile.Beginning(run: run, sequence: sequence)
  }

  private static func value(of name: String, in text: String) -> Substring? {
    text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("\(name)=") }?
      .dropFirst(name.utf8.count + 1)
  }

  private static func ask(_ command: String, _ socket: String) async throws(SystemError) -> String {
    let connection = try await StreamConnection.connect(.unix(path: socket), deadline: deadline)
    defer { connection.close() }
    try await connection.write(Array("\(command)\n".utf8), deadline: deadline)
    return String(decoding: try await connection.readAll(deadline: deadline), as: UTF8.self)
  }
}
