import CCurl
import Synchronization

/// The thread that drives all transfers of one client, started with the first of them.
///
/// `@unchecked Sendable`: other threads touch `inbox` only, which its mutex guards. Everything
/// below it belongs to the engine's thread. The starter of the thread creates the multi handle.
/// Other threads use the handle only for `curl_multi_wakeup`, under the mutex, which libcurl
/// allows.
final class CurlEngine: @unchecked Sendable {
  /// Transfers beyond this wait their turn: a burst must not eat the process's descriptors.
  private static let activeLimit = 128
  private static let keptConnections = 64
  private static let idlePollMilliseconds = 30_000

  private struct Multi: @unchecked Sendable { let raw: UnsafeMutableRawPointer }

  private struct Inbox: Sendable {
    var multi: Multi?
    var submitted: [CurlTransfer] = []
    var cancelled: [CurlTransfer] = []
    var stopping = false
  }

  private let inbox = Mutex(Inbox())
  private var waiting: [CurlTransfer] = []
  private var active: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  private var spareHandles: [UnsafeMutableRawPointer] = []

  private static let globalInit = sluice_curl_global_init()

  /// A handle for use outside the engine, the library initialised; nil when out of memory.
  static func makeHandle() -> UnsafeMutableRawPointer? {
    globalInit == CURLE_OK ? curl_easy_init() : nil
  }

  func submit(_ transfer: CurlTransfer) {
    let problem: String? = inbox.withLock { inbox in
      if inbox.stopping { return "the client was shut down" }
      if inbox.multi == nil { inbox.multi = startThread() }
      guard let multi = inbox.multi else { return "the system gives no thread for the client" }
      inbox.submitted.append(transfer)
      curl_multi_wakeup(multi.raw)
      return nil
    }
    if let problem { transfer.fail(.other, problem) }
  }

  func cancel(_ transfer: CurlTransfer) {
    transfer.requestCancellation()
    inbox.withLock { inbox in
      guard let multi = inbox.multi else { return }
      inbox.cancelled.append(transfer)
      curl_multi_wakeup(multi.raw)
    }
  }

  func shutdown() {
    inbox.withLock { inbox in
      inbox.stopping = true
      if let multi = inbox.multi { curl_multi_wakeup(multi.raw) }
    }
  }

  private func startThread() -> Multi? {
    guard Self.globalInit == CURLE_OK, let raw = curl_multi_init() else { return nil }
    _ = sluice_curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, Self.keptConnections)
    let multi = Multi(raw: raw)
    guard PlainThread.start({ self.run(multi.raw) }) else {
      curl_multi_cleanup(raw)
      return nil
    }
    return multi
  }

  // MARK: The engine's thread

  private func run(_ multi: UnsafeMutableRawPointer) {
    while takeWork(multi) {
      startWaiting(multi)
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      finishDone(multi)
      if !waiting.isEmpty && active.count < Self.activeLimit { continue }
      curl_multi_poll(multi, nil, 0, Int32(pollMilliseconds()), nil)
    }
    curl_multi_cleanup(multi)
  }

  /// Takes what other threads left; false when the engine is to end, with everything aborted.
  private func takeWork(_ multi: UnsafeMutableRawPointer) -> Bool {
    let work = inbox.withLock { inbox in
      let taken = inbox
      inbox.submitted = []
      inbox.cancelled = []
      // From here on no thread may wake the handle, which is about to be freed.
      if inbox.stopping { inbox.multi = nil }
      return taken
    }
    waiting += work.submitted
    guard !work.stopping else {
      for transfer in waiting { transfer.fail(.cancelled, "the client was shut down") }
      for (easy, transfer) in active {
        remove(easy, from: multi)
        transfer.fail(.cancelled, "the client was shut down")
      }
      spareHandles.forEach { curl_easy_cleanup($0) }
      (waiting, active, spareHandles) = ([], [:], [])
      return false
    }
    for transfer in work.cancelled {
      if let easy = transfer.easy {
        remove(easy, from: multi)
        transfer.fail(.cancelled, "cancelled")
      }
    }
    waiting.removeAll { $0.failIfOver() }
    return true
  }

  private func startWaiting(_ multi: UnsafeMutableRawPointer) {
    let count = min(waiting.count, Self.activeLimit - active.count)
    for transfer in waiting.prefix(count) {
      guard let easy = spareHandles.popLast() ?? curl_easy_init() else {
        transfer.fail(.other, "libcurl gives no handle: out of memory")
        continue
      }
      guard transfer.configure(easy), curl_multi_add_handle(multi, easy) == CURLM_OK else {
        transfer.release()
        curl_easy_cleanup(easy)
        transfer.fail(.malformed, "libcurl does not accept the request")
        continue
      }
      active[easy] = transfer
    }
    waiting.removeFirst(count)
  }

  private func finishDone(_ multi: UnsafeMutableRawPointer) {
    var code = CURLE_OK
    while let easy = sluice_curl_multi_take_done(multi, &code) {
      let transfer = active[easy]
      let outcome = transfer?.outcome(code, easy)
      remove(easy, from: multi)
      if let transfer, let outcome { transfer.reply.give(outcome) }
    }
  }

  private func remove(_ easy: UnsafeMutableRawPointer, from multi: UnsafeMutableRawPointer) {
    curl_multi_remove_handle(multi, easy)
    active.removeValue(forKey: easy)?.release()
    if spareHandles.count < Self.keptConnections {
      curl_easy_reset(easy)
      spareHandles.append(easy)
    } else {
      curl_easy_cleanup(easy)
    }
  }

  /// Transfers that wait for their turn expire too, and libcurl does not know of them.
  private func pollMilliseconds() -> Int {
    let earliest = waiting.map(\.remainingMilliseconds).min() ?? Self.idlePollMilliseconds
    return max(1, min(earliest, Self.idlePollMilliseconds))
  }
}
