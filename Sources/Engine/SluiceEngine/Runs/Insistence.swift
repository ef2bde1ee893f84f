import SluiceCore
import SluicePorts

/// A call whose answer may be lost. The call is repeated with the same id, which changes nothing if
/// the operation was done. "Unknown" never counts as done or as not done.
struct Insistence: Sendable {
  private let tag: CallTag
  private let call: Call
  private let since: Moment
  private let patience: Int64
  private static let pause: Int64 = 500

  enum Progress {
    case answered(Answer)
    case ask([(CallTag, Call)])
    case failed(PortError)
  }

  /// - Parameter patience: a lost answer later than so many milliseconds after the first call is a
  ///   failure.
  init(_ call: (CallTag, Call), patience: Int64, since moment: Moment) {
    (tag, self.call) = call
    since = moment
    self.patience = patience
  }

  var first: OrderRun.Step { .ask([(tag, call)]) }

  func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, at moment: Moment
  ) -> Progress {
    switch (tag, answer) {
    case (.pause, .success): return .ask([(self.tag, call)])
    case (.pause, .failure(let error)): return .failed(error)
    case (_, .success(let answer)): return .answered(answer)
    case (_, .failure(let error)):
      let waited = moment.milliseconds(since: since) ?? Int64.max
      let mayAsk = error.kind == .unknown || error.kind == .unreachable
      guard mayAsk, waited < patience else { return .failed(error) }
      return .ask([(.pause, .sleep(milliseconds: Self.pause))])
    }
  }
}
