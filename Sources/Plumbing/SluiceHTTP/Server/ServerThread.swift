import SluiceSystem

/// Whether the current thread is one of a server's: `stop` must not join it from itself.
enum ServerThread {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  static var isCurrent: Bool { pthread_getspecific(key) != nil }

  static func run<T>(_ body: () -> T) -> T {
    // Any address but NULL marks the thread; nothing is ever read through it.
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: 1))
    defer { pthread_setspecific(key, nil) }
    return body()
  }
}
