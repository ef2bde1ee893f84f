/// A thread for work that must block: Dispatch and Swift's pool have few threads, and blocking one
/// of them stalls everybody.
enum BlockingThread {
  private final class Job {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs the body on a thread of its own; false when the system has none to give.
  @discardableResult
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    let job = Unmanaged.passRetained(Job(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    // A simulated world on a lane's thread has frames of kilobytes in a debug build; only what is
    // touched takes memory.
    pthread_attr_setstacksize(&attributes, 2 << 20)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    let code = create(&attributes, job.toOpaque())
    if code != 0 { job.release() }
    return code == 0
  }

  /// What the body returns or throws, without holding up the caller's thread meanwhile.
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

  private static func create(_ attributes: inout pthread_attr_t, _ job: UnsafeMutableRawPointer)
    -> Int32
  {
    #if os(macOS)
      var thread: pthread_t?
      return pthread_create(&thread, &attributes, { raw in BlockingThread.run(raw) }, job)
    #else
      var thread = pthread_t()
      return pthread_create(&thread, &attributes, { raw in BlockingThread.run(raw) }, job)
    #endif
  }

  private static func run(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let raw { Unmanaged<Job>.fromOpaque(raw).takeRetainedValue().body() }
    return nil
  }
}
