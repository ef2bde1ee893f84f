/// A detached thread of the system.
public enum SystemThread {
  private final class Job: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs the body on a thread of its own; false when the system has none to give.
  public static func start(stackBytes: Int, _ body: @escaping @Sendable () -> Void) -> Bool {
    let job = Unmanaged.passRetained(Job(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let code = create(&attributes, job.toOpaque())
    if code != 0 { job.release() }
    return code == 0
  }

  private static func create(
    _ attributes: inout pthread_attr_t, _ job: UnsafeMutableRawPointer
  ) -> Int32 {
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    return pthread_create(&thread, &attributes, { SystemThread.run($0) }, job)
  }

  private static func run(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let raw { Unmanaged<Job>.fromOpaque(raw).takeRetainedValue().body() }
    return nil
  }
}
