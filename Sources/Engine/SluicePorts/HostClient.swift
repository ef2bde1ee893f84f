import SluiceCore

/// The writer's connection to one host. The host answers queries and performs operations.
public protocol HostClient: Sendable {
  var host: HostName { get }

  /// The host's answer to a query. Callers use `ask`, which gives the answer its type. A query
  /// changes nothing, so the caller may repeat it after any error.
  func answer(
    _ question: HostQuestion, deadline: Duration
  ) async throws(PortError) -> HostAnswer

  /// Lets the host's agent perform an operation, at most once for its id; a repetition returns the
  /// same report. Throws `.fenced` if the host has seen a higher epoch, and `.unknown` if the
  /// answer was lost; the query `outcome(of:)` then returns the operation record.
  func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> HostReport
}

extension HostClient {
  /// - Throws: connection errors, and `.failed` if the host answers another query.
  public func ask<Answer>(
    _ query: HostQuery<Answer>, deadline: Duration
  ) async throws(PortError) -> Answer {
    try query.value(in: try await answer(query.question, deadline: deadline), of: host)
  }
}

extension HostQuery {
  /// A host's answer to this query.
  public func value(in answer: HostAnswer, of host: HostName) throws(PortError) -> Answer {
    guard let value = self.answer(in: answer) else {
      throw .unexpected("\(host)", wanted: question.subject)
    }
    return value
  }
}
