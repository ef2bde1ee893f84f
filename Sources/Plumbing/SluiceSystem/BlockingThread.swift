/// A thread for work that must block: Dispatch and Swift's pool have few threads, and blocking one
/// of them stalls everybody.
enum BlockingThread {
  /// Runs the body on a thread of its own; false when the system has none to give.
  @discardableResult
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    // A simulated world on a lane's thread has frames of kilobytes in a debug build. Only touched
    // pages take memory.
    SystemThread.start(stackBytes: 2 << 20, body)
  }

  /// Returns or throws as the body does, without holding up the caller's thread meanwhile.
  static func result<Value: Sendable>(
    _ body: @escaping @Sendable () throws(SystemError) -> Value
  ) async throws(SystemError) -> Value {
    let result: Result<Value, SystemError> = await withCheckedContinuation { continuation in
      let isStarted = start {
        do throws(SystemError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
      if !isStarted {
        continuation.resume(returning: .failure(SystemError("pthread_create", code: EAGAIN)))
      }
    }
    return try result.get()
  }
}
