import SluiceCore

/// The same query to many hosts at once.
public struct HostPoll: Sendable {
  private let links: [HostName: any HostClient]

  public init(_ links: [HostName: any HostClient]) { self.links = links }

  /// What each host answered, or why it did not.
  public func ask<Answer>(
    _ query: HostQuery<Answer>, deadline: Duration
  ) async -> [HostName: Result<Answer, PortError>] {
    await ask(deadline: deadline) { _ in query }
  }

  /// - Parameter query: what one host is asked.
  public func ask<Answer>(
    deadline: Duration, _ query: @Sendable (HostName) -> HostQuery<Answer>
  ) async -> [HostName: Result<Answer, PortError>] {
    await withTaskGroup(of: (HostName, Result<Answer, PortError>).self) { group in
      for (host, link) in links {
        let query = query(host)
        group.addTask {
          do throws(PortError) {
            return (host, .success(try await link.ask(query, deadline: deadline)))
          } catch { return (host, .failure(error)) }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }
}
