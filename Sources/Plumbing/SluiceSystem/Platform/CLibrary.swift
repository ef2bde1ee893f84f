// The one place that chooses the C library. An import of this target provides the library.
#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Darwin)
  @_exported import Darwin
#endif

/// Values of both C libraries that Swift imports with different types.
public enum CLibrary {
  #if canImport(Darwin)
    public static let streamSocket = SOCK_STREAM
    /// `quietSocket` keeps a socket from raising SIGPIPE.
    public static let sendFlags: Int32 = 0
    public static let peekFlags = MSG_PEEK | MSG_DONTWAIT
  #else
    public static let streamSocket = Int32(SOCK_STREAM.rawValue)
    public static let sendFlags = Int32(MSG_NOSIGNAL)
    public static let peekFlags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
  #endif

  /// Sending on the socket raises no SIGPIPE, together with `sendFlags`.
  public static func quietSocket(_ descriptor: Int32) {
    #if canImport(Darwin)
      var on: Int32 = 1
      let size = socklen_t(MemoryLayout<Int32>.size)
      _ = setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, size)
    #endif
  }
}
