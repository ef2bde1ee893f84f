import SluiceSystem

/// One message on the wire: its length in bytes, four of them, most significant first, then a JSON
/// text. Never empty, never longer than `limit`.
public enum AgentFrame {
  /// Bytes; the survey of a host with hundreds of slices is a tenth of it.
  public static let limit = 1 << 20
  static let headerCount = 4

  /// Nil when the payload is empty or too long.
  public static func bytes(_ payload: [UInt8]) -> [UInt8]? {
    guard !payload.isEmpty, payload.count <= limit else { return nil }
    let count = UInt32(payload.count)
    let header = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
    return header + payload
  }

  public enum Fault: Error, Sendable, Hashable {
    /// The stream ended where a message would begin.
    case ended
    /// The stream ended within a message: half a message is none.
    case cut
    /// The bytes are no header of Sluice. Holds the first bytes, for a message.
    case foreign([UInt8])
    case system(SystemError)
  }

  /// The payload's length; nil for a header that is none of ours.
  static func count(header: some Collection<UInt8>) -> Int? {
    let count = header.reduce(0) { $0 << 8 | Int($1) }
    return (1...limit).contains(count) ? count : nil
  }

  /// Takes the first frame off some bytes.
  public static func take(from bytes: inout ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
    if bytes.isEmpty { throw .ended }
    guard bytes.count >= headerCount else { throw .cut }
    guard let count = count(header: bytes.prefix(headerCount)) else {
      throw .foreign(Array(bytes.prefix(80)))
    }
    guard bytes.count >= headerCount + count else { throw .cut }
    let payload = Array(bytes.dropFirst(headerCount).prefix(count))
    bytes = bytes.dropFirst(headerCount + count)
    return payload
  }

  /// Reads one frame, and not a byte more.
  static func read(
    from connection: StreamConnection, until limit: CallDeadline
  ) async throws(Fault) -> [UInt8] {
    let header = try await exactly(headerCount, connection, limit, isFirst: true)
    guard let count = count(header: header) else { throw .foreign(header) }
    return try await exactly(count, connection, limit, isFirst: false)
  }

  private static func exactly(
    _ count: Int, _ connection: StreamConnection, _ limit: CallDeadline, isFirst: Bool
  ) async throws(Fault) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more: [UInt8]
      do throws(SystemError) {
        more = try await connection.read(max: count - bytes.count, deadline: limit.left)
      } catch { throw .system(error) }
      if more.isEmpty { throw isFirst && bytes.isEmpty ? .ended : .cut }
      bytes += more
    }
    return bytes
  }
}

/// A point in time by the monotonic clock.
struct CallDeadline: Sendable {
  private let milliseconds: Int64

  init(in duration: Duration) {
    let (seconds, attoseconds) = duration.components
    // A century is for ever, and does not overflow.
    let bounded = min(max(0, seconds), 3_155_760_000)
    milliseconds =
      SystemClock.monotonicMilliseconds() + bounded * 1_000 + attoseconds / 1_000_000_000_000_000
  }

  var left: Duration { .milliseconds(max(0, milliseconds - SystemClock.monotonicMilliseconds())) }
}
