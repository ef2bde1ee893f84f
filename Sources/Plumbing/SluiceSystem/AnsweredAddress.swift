import CSluiceSystem

/// Whether a process answers where a server is about to listen.
///
/// SO_REUSEADDR lets a server start again while its old connections fade. On macOS the option also
/// lets the server bind 127.0.0.1 beside a process that listens on every address: each would get a
/// part of the clients.
public enum AnsweredAddress {
  /// On loopback a connection is accepted or refused at once.
  private static let patience: Int32 = 200

  /// Asks on macOS only: Linux refuses such a bind itself.
  public static func mayBeShared(
    _ address: UnsafePointer<sockaddr>, _ length: socklen_t
  ) -> Bool {
    Platform.current == .macOS && isAnswered(address, length)
  }

  static func isAnswered(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
    let raw = sluice_socket(Int32(address.pointee.sa_family))
    guard raw >= 0 else { return false }
    let probe = Descriptor(owning: raw)
    if connect(probe.raw, address, length) == 0 { return true }
    guard errno == EINPROGRESS else { return false }
    var entry = pollfd(fd: probe.raw, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, patience) == 1 && sluice_socket_error(probe.raw) == 0
  }
}
