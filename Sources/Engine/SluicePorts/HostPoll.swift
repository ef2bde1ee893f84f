import SluiceCore

/// Sends the same query to many hosts at once.
public struct HostPoll: Sendable {
  private let clients: [HostName: any HostClient]

  public init(_ clients: [HostName: any HostClient]) { self.clients = clients }

  /// Each host's answer, or its error.
  public func ask<Answer>(
    _ query: HostQuery<Answer>, deadline: Duration
  ) async -> [HostName: Result<Answer, PortError>] {
    await ask(deadline: deadline) { _ in query }
  }

  /// - Parameter query: the query for one host.
  public func ask<Answer>(
    deadline: Duration, _ query: @Sendable (HostName) -> HostQuery<Answer>
  ) async -> [HostName: Result<Answer, PortError>] {
    await withTaskGroup(of: (HostName, Result<Answer, PortError>).self) { group in
      for (host, client) in clients {
        let query = query(host)
        group.addTask {
          do throws(PortError) {
            return (host, .success(try await client.ask(query, deadline: deadline)))
          } catch { return (host, .failure(error)) }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }
}
