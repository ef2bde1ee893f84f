extension PromotionEvent {
  /// A shorter form, for a ledger that refused this one; nil if there is none.
  ///
  /// - Parameter why: the refusal.
  public func inFewerWords(_ why: String) -> PromotionEvent? {
    switch self {
    case .finished(let id, .failed(let failure)):
      let short = Self.words(failure.message)
      guard failure.message != short || failure.remedy != nil else { return nil }
      return .finished(
        id,
        .failed(
          CommandFailure(
            message: short, remedy: nil, isUnknown: failure.isUnknown, weights: failure.weights)))
    case .finished(let id, .assessed(let watch)):
      let short = watch.inFewerWords
      return short == watch ? Self.unwritten(id, why) : .finished(id, .assessed(short))
    case .finished(_, .concluded): return nil
    case .finished(let id, _): return Self.unwritten(id, why)
    case .asked(var request):
      request.actor = Self.words(request.actor)
      request.reason = Self.words(request.reason)
      return .asked(request) == self ? nil : .asked(request)
    case .started, .approved, .leased, .intended: return nil
    }
  }

  /// A result that cannot be recorded counts as unknown.
  private static func unwritten(_ id: OperationID, _ why: String) -> PromotionEvent {
    .finished(
      id,
      .failed(
        CommandFailure(
          message: "what came of \(id) cannot be written to the ledger: \(why)", remedy: nil,
          isUnknown: true)))
  }

  fileprivate static func words(_ text: String) -> String { Speech.text(text, characters: 80) }
}

extension Watch {
  fileprivate var inFewerWords: Watch {
    var watch = self
    watch.notices = nil
    watch.assessment.reasons = assessment.reasons.prefix(5).map(PromotionEvent.words)
    watch.hosts = hosts.mapValues { host in
      var host = host
      host.reason = host.reason.map(PromotionEvent.words)
      host.rollbackFault = host.rollbackFault.map(PromotionEvent.words)
      host.deadMan = host.deadMan.map(PromotionEvent.words)
      host.runs = host.runs.map(PromotionEvent.words)
      host.bootID = host.bootID.map(PromotionEvent.words)
      return host
    }
    return watch
  }
}
