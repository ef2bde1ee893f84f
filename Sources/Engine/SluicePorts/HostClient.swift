import SluiceCore

/// One host, as the writer reaches it: it answers queries, which change nothing, and performs operations.
public protocol HostClient: Sendable {
  var host: HostName { get }

  /// What the host answers to a question. Callers use `ask`, whose answer has its type. Asking changes
  /// nothing, so whatever error is thrown, the question may be asked again.
  func answer(
    _ question: HostQuestion, deadline: Duration
  ) async throws(PortError) -> HostAnswer

  /// Asks the host's agent to perform an operation, at most once for its id: asked again, it answers as
  /// it did. Throws `.fenced` when the host has seen a higher epoch, `.unknown` when the answer was
  /// lost; then the query `outcome(of:)` tells.
  func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> HostReport
}

extension HostClient {
  /// - Throws: what the way to the host throws, and `.failed` when the host answers another question.
  public func ask<Answer>(
    _ query: HostQuery<Answer>, deadline: Duration
  ) async throws(PortError) -> Answer {
    try query.value(in: try await answer(query.question, deadline: deadline), of: host)
  }
}

extension HostQuery {
  /// The answer to this query by a host.
  public func value(in answer: HostAnswer, of host: HostName) throws(PortError) -> Answer {
    guard let value = self.answer(in: answer) else {
      throw .unexpected("\(host)", wanted: question.subject)
    }
    return value
  }
}
