// What Linux and macOS name differently, in one place.
#if canImport(Darwin)
  import Darwin

  let streamSocket = SOCK_STREAM
  /// SO_NOSIGPIPE is set on the socket instead.
  let sendFlags: Int32 = 0
  private let peekFlags = MSG_PEEK | MSG_DONTWAIT
#else
  import Glibc

  let streamSocket = Int32(SOCK_STREAM.rawValue)
  let sendFlags = Int32(MSG_NOSIGNAL)
  private let peekFlags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
#endif

/// A thread of its own for what must block: Dispatch's and Swift's pools must not.
enum PlainThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// False when the system gives no thread.
  static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 << 10)
    let body = Unmanaged.passRetained(Body(run))
    #if canImport(Darwin)
      var thread: pthread_t?
      let code = pthread_create(&thread, &attributes, threadEntryDarwin, body.toOpaque())
    #else
      var thread = pthread_t()
      let code = pthread_create(&thread, &attributes, threadEntry, body.toOpaque())
    #endif
    if code != 0 { body.release() }
    return code == 0
  }

  #if canImport(Darwin)
    private static let threadEntryDarwin:
      @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { runBody($0) }
  #else
    private static let threadEntry:
      @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        argument.flatMap { runBody($0) }
      }
  #endif

  private static func runBody(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, nil)
    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
    return nil
  }
}

/// What the system says of an errno.
func systemText(_ code: Int32) -> String { String(cString: strerror(code)) }

func makeNonBlocking(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32 = 1) {
  var value = value
  _ = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
}

/// Whether the other side has closed its half: nothing is left to read but the end.
func hasEnded(_ descriptor: Int32) -> Bool {
  var byte: UInt8 = 0
  let count = recv(descriptor, &byte, 1, peekFlags)
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
}
