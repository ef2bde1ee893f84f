import SluiceSystem

/// A thread of its own for what must block: Dispatch's and Swift's pools must not.
enum PlainThread {
  /// False when the system gives no thread.
  static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
    SystemThread.start(stackBytes: 512 << 10) {
      // libcurl and libmicrohttpd write to sockets by themselves.
      var pipe = sigset_t()
      sigemptyset(&pipe)
      sigaddset(&pipe, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &pipe, nil)
      run()
    }
  }
}

/// The system's text for an errno.
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
  let count = recv(descriptor, &byte, 1, CLibrary.peekFlags)
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
}
