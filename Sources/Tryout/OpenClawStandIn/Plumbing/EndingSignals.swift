import SluiceSystem
import Dispatch

/// SIGTERM and SIGINT as calls, in place of their default action.
///
/// `@unchecked Sendable`: the sources are made in `init` and only held.
final class EndingSignals: @unchecked Sendable {
  private let sources: [any DispatchSourceSignal]

  init(_ body: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "openclaw-standin.signals")
    sources = [SIGTERM, SIGINT].map { number in
      // A source sees a signal only when it does not end the process first.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: body)
      source.activate()
      return source
    }
  }
}
