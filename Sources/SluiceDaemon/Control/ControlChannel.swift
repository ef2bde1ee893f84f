import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// How a command reaches the controller at work: one line of JSON each way, over a unix socket in
/// the writer's private directory. Whether a wish was taken is read from the ledger, not from here.
public enum ControlChannel {
  static let deadline: Duration = .seconds(5)
  static let lineLimit = 16_384

  public static func socket(_ writer: WriterSpec) -> String { "\(writer.state)/control.sock" }

  struct Reply: Codable, Sendable {
    var fault: String?
  }

  /// Hands a request to the controller; throws `.unreachable` when none is at work.
  public static func send(_ request: Request, to writer: WriterSpec) async throws(PortError) {
    let path = socket(writer)
    let answer: String?
    do {
      let connection = try await StreamConnection.connect(.unix(path: path), deadline: deadline)
      defer { connection.close() }
      try await connection.write(
        text: try CanonicalJSON.encode(request).canonicalText + "\n", deadline: deadline)
      answer = try await connection.readLine(limit: lineLimit, deadline: deadline)
    } catch {
      throw PortError(
        .unreachable, "no controller answers at \(path): \(error)", remedy: "Go on:  sluice resume")
    }
    guard let answer, let reply = try? CanonicalJSON.decode(Reply.self, from: Array(answer.utf8))
    else {
      throw PortError(.unknown, "the controller did not say whether it took the request")
    }
    if let fault = reply.fault { throw PortError(.refused, fault) }
  }

  static func listen(_ writer: WriterSpec) throws(PortError) -> SocketListener {
    let path = socket(writer)
    do throws(SystemError) {
      try Files.makeDirectory(writer.state, mode: 0o700)
      return try SocketListener.listen(.unix(path: path), mode: 0o600)
    } catch {
      throw PortError(
        .failed, "the controller cannot listen at \(path): \(error)",
        remedy: "A shorter writer.state in sluice.yaml helps when the path is too long.")
    }
  }

  /// Serves until the listener is closed.
  static func serve(
    _ listener: SocketListener, take: @escaping @Sendable (Request) async -> Void
  ) async {
    await withDiscardingTaskGroup { group in
      for await connection in listener.connections {
        group.addTask {
          defer { connection.close() }
          let reply = await answer(connection, take)
          guard let text = try? CanonicalJSON.encode(reply).canonicalText else { return }
          try? await connection.write(text: text + "\n", deadline: deadline)
        }
      }
    }
  }

  private static func answer(
    _ connection: StreamConnection, _ take: @Sendable (Request) async -> Void
  ) async -> Reply {
    do {
      let line = try await connection.readLine(limit: lineLimit, deadline: deadline)
      let request = try CanonicalJSON.decode(Request.self, from: Array((line ?? "").utf8))
      await take(request)
      return Reply(fault: nil)
    } catch { return Reply(fault: "the request cannot be read: \(error)") }
  }
}
